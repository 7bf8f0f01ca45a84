/** Evidence comes to a real chain by the nodes themselves, once, also after a restart. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { statementDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { encodeHeader } from '../../../proto/header.js'
import { fromHex, ZERO_HASH } from '../../../proto/hex.js'
import { Certificate, Evidence } from '../../../proto/messages.js'
import { VERIFIER_BOND } from '../../../testnet/network/setup.js'
import { aggregate } from '../../bls/aggregate.js'
import { BlsSigner } from '../../bls/signer.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { PARAMS, useLiveNetwork } from '../../chain/test/live-network.js'
import { type ChainFacts, withLinks } from '../../core/facts.js'
import { Store } from '../../store/store.js'
import { Accuser } from '../accuser.js'
import type { VerifierContext } from '../context.js'
import { Transmission } from '../transmission.js'
import { Witness } from '../witness.js'

describe('accuser of equivocating verifiers', () => {
  const params = { ...PARAMS, rankDelayMs: 0 }
  const net = useLiveNetwork(params)
  let dir: string
  let stores: Store[]
  let failures: Error[]
  let stop: AbortController
  beforeEach(async () => {
    stop = new AbortController()
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-accuser-'))
    stores = []
    failures = []
  })
  afterEach(async () => {
    stop.abort() // the nodes see to it that their evidence stays on the chain
    for (const store of stores) await store.close()
    await rm(dir, { recursive: true })
    expect(failures).to.deep.equal([])
  })

  const openStore = async (name: string) => {
    const path = join(dir, name)
    const store = await Store.open(path, { mode: 'create' })
    stores.push(store)
    return store
  }
  const facts = async (): Promise<ChainFacts> => withLinks(await net.live.runTo(1), [])

  /** The parts of a node that watch and accuse. */
  async function node(chain: EthersChain, store: Store, facts: ChainFacts) {
    const context = {
      ...{
        self: { index: net.live.setup.verifiers.find(({ name }) => name === 'v3')!.index },
        network: chain.network,
        chain,
        store,
        params,
      },
      ...{ epochs: (await chain.clock())!, wall: { nowMs: () => Date.now() }, log: pino({ level: 'silent' }) },
      ...{
        stopping: stop.signal,
        fail: (error: Error) => failures.push(error),
      },
    } as unknown as VerifierContext
    const accuser = new Accuser(
      context,
      { whenKnown: epoch => (epoch === facts.epoch ? Promise.resolve(facts) : new Promise<never>(() => {})) },
      new Transmission(context),
    )
    const found: { evidence: Evidence; name: string }[] = []
    const witness = new Witness({
      context,
      onEvidence: (evidence, name) => found.push({ evidence, name }),
      onOwn: () => {},
    })
    return { accuser, witness, found }
  }

  const commitOf = (facts: ChainFacts, name: string, value: string) => {
    const { index } = net.live.setup.verifiers.find(verifier => verifier.name === name)!
    const commitment = keccakText(value)
    const digest = statementDigest('commit', net.chain.network, facts, index, commitment)
    const signature = new BlsSigner(net.live.keys[name]!.bls).sign(digest)
    return {
      kind: 'commit' as const,
      message: { epoch: facts.epoch, verifier: index, commitment: fromHex(commitment), signature },
    }
  }
  const bondOf = (name: string): Promise<bigint> => {
    const { contracts, file } = net.chain.context
    const { account } = net.live.setup.verifiers.find(verifier => verifier.name === name)!
    return contracts.stakeVault.getFunction('slashable')(file.contracts.verifierRegistry, account)
  }
  const lostBy = async (name: string) => (VERIFIER_BOND - (await bondOf(name))) / (VERIFIER_BOND / 100n) // per cent

  it('two nodes bring the same evidence, and the chain takes it once', async () => {
    const at = await facts()
    const others = await net.live.connectAs('v2')
    const nodes = [await node(net.chain, await openStore('a'), at), await node(others, await openStore('b'), at)]
    for (const [i, { witness, found }] of nodes.entries()) {
      for (const value of ['a', 'b']) witness.hear(commitOf(at, 'v1', value), at)
      expect(found.map(({ name }) => name)).to.have.length(1)
      const { evidence, name } = found[0]!
      await stores[i]!.putEvidence(at.epoch, name, Evidence.encode(evidence))
    }
    await Promise.all(nodes.map(({ accuser }) => accuser.resume()))
    expect(await lostBy('v1')).to.equal(80n) // 5 % and three quarters
    others.close()
  })

  it('a node that was stopped brings its evidence after the restart, and tops up what others owe since', async () => {
    const at = await facts()
    const store = await openStore('a')
    const { witness, found } = await node(net.chain, store, at)
    for (const name of ['v1', 'v2']) for (const value of ['a', 'b']) witness.hear(commitOf(at, name, value), at)
    for (const { evidence, name } of found) await store.putEvidence(at.epoch, name, Evidence.encode(evidence))
    await (await node(net.chain, store, at)).accuser.resume()
    expect([await lostBy('v1'), await lostBy('v2'), await lostBy('v3')]).to.deep.equal([100n, 100n, 0n])
    await (await node(net.chain, store, at)).accuser.resume() // nothing is left to do
  })

  it('evidence waits for the facts of its own epoch alone', async () => {
    const at = await facts()
    const store = await openStore('a')
    const { accuser, witness, found } = await node(net.chain, store, at)
    const unknown = { ...at, epoch: at.epoch - 1 }
    for (const [name, of] of [['v2', unknown] as const, ['v1', at] as const])
      for (const value of ['a', 'b']) witness.hear(commitOf(of, name, value), of)
    expect(found).to.have.length(2)
    for (const { evidence, name } of found) await store.putEvidence(at.epoch, name, Evidence.encode(evidence))
    void accuser.resume()
    while ((await lostBy('v1')) === 0n) await new Promise(setImmediate)
    expect(await lostBy('v2')).to.equal(0n)
  })

  it('two certificates of one round cost whoever signed both', async () => {
    const at = await facts()
    const store = await openStore('a')
    const { accuser } = await node(net.chain, store, at)
    const [first, second] = [
      net.live.certify(at, ZERO_HASH, 0, [0, 1, 2]),
      net.live.certify(at, keccakText('x'), 0, [1, 2, 3]),
    ]
    const encoded = [first, second].map(({ header, round, nonSigners }, i) => {
      const digests = statementDigest('report', net.chain.network, at, round, [first, second][i]!.headerHash)
      const signers = at.verifiers.filter(({ position }) => !nonSigners.includes(position))
      const names = signers.map(({ account }) => net.live.setup.verifiers.find(one => one.account === account)!.name)
      const signature = aggregate(names.map(name => new BlsSigner(net.live.keys[name]!.bls).sign(digests)))
      return Certificate.encode({
        epoch: at.epoch,
        round,
        header: encodeHeader(header),
        nonSigners: [...nonSigners],
        signature,
      })
    })
    const evidence: Evidence = { certificates: { first: encoded[0]!, second: encoded[1]! } }
    await store.putEvidence(at.epoch, 'certificates-0', Evidence.encode(evidence))
    await accuser.resume()
    const lost = await Promise.all(
      at.verifiers.map(({ account }) => lostBy(net.live.setup.verifiers.find(one => one.account === account)!.name)),
    )
    expect(lost).to.deep.equal([0n, 100n, 100n, 0n])
  })
})
