import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import type { JsonRpcProvider } from 'ethers'
import { DEVNET } from '../../../proto/params.js'
import { blockAt } from '../../../verifier/chain/block-search.js'
import { connectChain, openProvider } from '../../../verifier/chain/connect.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import { loadNetworkFile } from '../../../verifier/config/network-file.js'
import { type Anvil, startAnvil } from '../anvil.js'
import { joinVerifier, type NetworkSetup, PROVIDER_STAKE, setUpNetwork, startNetwork } from '../setup.js'

const CHAIN_ID = 31_337
const PARAMS = { ...DEVNET, eraEpochs: 1 }

const node = (name: string) => ({ name, keys: keysFromSeed('setup test', name) })
const verifier = (name: string) => ({ ...node(name), capacityKbps: 100_000 })
const VERIFIERS = ['verifier-1', 'verifier-2', 'verifier-3', 'verifier-4'].map(verifier)
const LATE = verifier('verifier-5')
const PROVIDERS = ['provider-1', 'provider-2'].map((name, i) => ({ ...node(name), claimKbps: 25_000 * (i + 1) }))

/** Each contract; ether and tokens for each node, and the pot of rewards; approval, deposit and registration for each node but the late one. */
const NODES = VERIFIERS.length + PROVIDERS.length
const FILL_POT = 2
const CONTRACTS = 12
const ROUNDS = [CONTRACTS, 2 * (NODES + 1) + FILL_POT, 3 * NODES]

describe('setup of a network on a chain that mines on demand', () => {
  let dir: string
  let anvil: Anvil
  let setup: NetworkSetup
  let blocks: number
  let chain: EthersChain

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-setup-'))
    anvil = await startAnvil()
    const rpc = openProvider(anvil.rpcUrl, CHAIN_ID)
    await rpc.send('evm_setAutomine', [false])
    const settingUp = setUpNetwork({
      anvil,
      chainId: CHAIN_ID,
      params: PARAMS,
      verifiers: VERIFIERS,
      lateVerifiers: [LATE],
      providers: PROVIDERS,
      networkFile: join(dir, 'network.json'),
    })
    await Promise.race([settingUp, mineRounds(rpc)])
    setup = await settingUp
    blocks = Number(await rpc.send('eth_blockNumber', []))
    // Each transaction has a block of its own from here on. Genesis comes three of them after the start, however long they take.
    await rpc.send('evm_setAutomine', [true])
    await rpc.send('anvil_setBlockTimestampInterval', [1])
    rpc.destroy()
    chain = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: LATE.keys.evm })
  })
  after(async () => {
    chain?.close()
    await anvil?.stop()
    await rm(dir, { recursive: true })
  })

  // `mineRounds` mines nothing until a whole round is in the pool: a transaction that waited for another one of its round
  // would wait for ever, and this block of tests would time out.
  it('sends everything in three rounds, within which nothing waits, and takes at most six blocks', () => {
    expect(blocks).to.be.at.least(ROUNDS.length).and.at.most(6)
    expect(Object.keys(setup.network.contracts)).to.have.length(ROUNDS[0]!)
  })

  it('writes the network file', async () => {
    expect(await loadNetworkFile(join(dir, 'network.json'))).to.deep.equal(setup.network)
  })

  it('registers all nodes', async () => {
    expect(setup.verifiers.map(({ name }) => name)).to.deep.equal(VERIFIERS.map(({ name }) => name))
    for (const { account, index } of setup.verifiers) expect(await chain.verifierIndex(account)).to.equal(index)
    for (const [i, { account, index }] of setup.providers.entries()) {
      const claimKbps = PROVIDERS[i]!.claimKbps
      expect(await chain.provider(account)).to.deep.include({ index, claimKbps, stake: PROVIDER_STAKE })
    }
  })

  it('starts the epochs, and lets a late verifier into the next frozen set', async () => {
    const rpc = (method: string, params: unknown[] = []) => chain.context.provider.send(method, params)
    const genesis = await startNetwork(anvil.rpcUrl, setup.network, VERIFIERS[0]!.keys.evm)
    expect(genesis).to.be.greaterThan((await blockAt(chain.context.provider, 'latest')).timestamp)
    const late = await joinVerifier(anvil.rpcUrl, setup.network, LATE)
    await rpc('evm_setNextBlockTimestamp', [genesis + 1])
    await rpc('evm_mine')
    expect((await chain.factsAt(1))?.verifiers).to.have.length(4)
    expect((await chain.freeze(2)).kind).to.equal('done')
    await rpc('evm_setNextBlockTimestamp', [genesis + PARAMS.epochSeconds])
    await rpc('evm_mine')
    const facts = await chain.factsAt(2)
    expect(facts?.era).to.equal(2)
    expect(facts?.verifiers.map(({ account }) => account))
      .to.include(late.account)
      .and.to.have.length(5)
  })
})

/** Mines the transactions of a round, in as few blocks as they fit into, as soon as all of them are in the pool. */
async function mineRounds(rpc: JsonRpcProvider): Promise<void> {
  const pending = async () => Number((await rpc.send('txpool_status', [])).pending)
  for (const count of ROUNDS) {
    while ((await pending()) < count) await pause(10)
    expect(await pending()).to.equal(count)
    while ((await pending()) > 0) await rpc.send('evm_mine', [])
  }
}
