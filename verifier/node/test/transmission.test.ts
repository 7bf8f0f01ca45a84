/** What any verifier sends for all, on a real chain: settlements, refutations, notes of blocks. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import pino from 'pino'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { encodeLeafState } from '../../../proto/leaf-state.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { decodeVote, encodeVote, OUTCOME, type OutcomeCode } from '../../../proto/vote.js'
import { connectChain } from '../../chain/connect.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { type Certified, PARAMS, postTo, useLiveNetwork } from '../../chain/test/live-network.js'
import { RpcProxy } from '../../chain/test/rpc-proxy.js'
import { assign } from '../../core/assignment/assign.js'
import { type ChainFacts, withLinks } from '../../core/facts.js'
import { buildReport, type Report } from '../../core/scoring/report.js'
import { account, CLAIM_KBPS, encodedBallots, vote } from '../../core/test/samples.js'
import type { VerifierContext } from '../context.js'
import { Refuting, type RefutingModules } from '../refuting.js'
import { GENESIS_STATE } from '../report-computer.js'
import { Transmission } from '../transmission.js'

const AT_ONCE = { ...PARAMS, rankDelayMs: 0 }

describe('transmission', () => {
  const net = useLiveNetwork()
  let facts: ChainFacts
  let context: VerifierContext
  let transmission: Transmission
  let nowMs: number
  let stop: AbortController
  beforeEach(async () => {
    facts = withLinks(await net.live.runTo(1), [])
    nowMs = (await net.live.now()) * 1000
    stop = new AbortController()
    context = {
      ...{ self: { index: facts.verifiers[0]!.index }, params: AT_ONCE, epochs: await net.chain.clock() },
      ...{ chain: net.chain, wall: { nowMs: () => nowMs }, log: pino({ level: 'silent' }) },
      ...{ stopping: stop.signal, store: { getReport: async () => undefined }, fail: () => undefined },
    } as unknown as VerifierContext
    transmission = new Transmission(context)
  })
  afterEach(() => stop.abort())

  /** Posts a report over these leaves, in which all verifiers certify what none of them computed. */
  async function accept(right: Report, leaves: readonly Leaf[]): Promise<Certified> {
    const scoreRoot = new MerkleTree(leaves.map(encodeLeaf)).root
    const header = { ...right.header, scoreRoot, providerCount: leaves.length }
    const certified = net.live.certifyHeader(facts, header, leaves)
    expect((await postTo(net.chain, certified)).kind).to.equal('done')
    return certified
  }

  /** The report of epoch 1 is final, by the chain and by the node's clock. */
  async function finalise(): Promise<void> {
    const finalAt = (await net.live.epochStart(3)) + PARAMS.settlementSeconds
    await net.live.mineAt(finalAt)
    nowMs = finalAt * 1000
  }

  /** The report of ballots in which every receiver read the same of every provider. */
  function evaluated(outcome: OutcomeCode = OUTCOME.verified, rateKbps = CLAIM_KBPS) {
    const assignment = assign(facts, AT_ONCE)
    const ballots = facts.verifiers.map(({ index }) => ({
      verifier: index,
      votes: facts.providers.map(provider => vote(index, outcome, rateKbps, { epoch: 1, provider: provider.account })),
    }))
    const encoded = ballots.map(({ votes }) => votes.map(encodeVote))
    const ballotSet = ballots.map(({ verifier }, i) => ({ verifier, root: new MerkleTree(encoded[i]!).root }))
    const report = buildReport({
      ...{ params: AT_ONCE, facts, assignment, previous: GENESIS_STATE, previousHeader: ZERO_HASH, ballotSet },
      ballots: encodedBallots(ballots),
      rewardsRoot: ZERO_HASH,
    })
    return { assignment, ballotSet, encoded, report }
  }

  it('a chain node that fails once while it waits for finality costs no settlement', async () => {
    const { report } = evaluated()
    const { header, leaves } = await accept(report, [{ ...report.leaves[0]!, penaltyBps: 200 }])
    await finalise()
    let asked = 0
    const chain: Partial<VerifierContext['chain']> = {
      isFinal: async epoch => {
        if (asked++ === 0) throw new Error('the chain node is busy')
        return net.chain.isFinal(epoch)
      },
      isSettled: (epoch, provider) => net.chain.isSettled(epoch, provider),
      chargeOf: (...args) => net.chain.chargeOf(...args),
      settle: (...args) => net.chain.settle(...args),
    }
    await new Transmission({ ...context, chain: chain as VerifierContext['chain'] }).settle(header, leaves, facts)
    expect(await net.chain.isSettled(1, leaves[0]!.provider)).to.equal(true)
  })

  it('a chain node that fails each kind of request, again and again, while a penalty waits costs no settlement', async () => {
    const { report } = evaluated()
    const { header, leaves } = await accept(report, [{ ...report.leaves[0]!, penaltyBps: 200 }])
    await finalise()
    const [proxy, stop] = [await RpcProxy.start(net.live.anvil.rpcUrl), new AbortController()]
    const patience = { log: context.log, stopping: stop.signal }
    const { network } = net.live.setup
    const chain = await connectChain({ rpcUrl: proxy.url, network, privateKey: net.live.keys.v0!.evm, patience })
    try {
      const failed = new Map<string, number>()
      proxy.fail = ({ method }) => {
        const times = (failed.get(method) ?? 0) + 1
        failed.set(method, times)
        return times <= 2 ? { status: 502 } : undefined
      }
      await new Transmission({ ...context, chain }).settle(header, leaves, facts)
      expect(await net.chain.isSettled(1, leaves[0]!.provider)).to.equal(true)
      expect([...failed.keys()]).to.include.members(['eth_call', 'eth_estimateGas', 'eth_sendRawTransaction'])
    } finally {
      stop.abort()
      chain.close()
      await proxy.stop()
    }
  })

  describe('what a reorganisation removes after all have seen it', () => {
    const tip = async () => (await net.chain.tip()).epoch
    /** The chain as it was before, and one more block. @returns a new snapshot of the same state */
    async function removed(before: string): Promise<string> {
      await net.live.revert(before)
      const again = await net.live.snapshot()
      await net.live.rpc('evm_mine')
      return again
    }
    /** Blocks go on, though slower than whatever happens: a transaction that was lost with a block is sent again after some. */
    async function blocksUntil(isSo: () => Promise<boolean>): Promise<void> {
      for (let waits = 1; !(await isSo()); waits++) {
        await pause(10)
        if (waits % 50 === 0) await net.live.rpc('evm_mine')
      }
    }
    /** Of one node: it knows which of its transactions wait, and a block that is removed takes them along. */
    let chain: EthersChain
    const connected: EthersChain[] = []
    const connectAnew = async () => {
      chain = await net.live.connectAs('v0')
      connected.push(chain)
    }
    beforeEach(async () => {
      nowMs = 0 // before every deadline
      await connectAnew()
    })
    afterEach(() => {
      for (const one of connected.splice(0)) one.close()
    })
    /** A node that looks every 10 ms. */
    function watchful(changes: Partial<VerifierContext> = {}): Transmission {
      return new Transmission({
        ...context,
        chain,
        epochs: { ...context.epochs, epochMs: EPOCH_MS, genesisMs: nowMs },
        ...changes,
      })
    }
    const EPOCH_MS = 160
    const nonce = () => net.chain.context.provider.getTransactionCount(net.chain.account!)
    it('a report is posted again, as often as it happens', async () => {
      const { certificate } = net.live.certify(facts, ZERO_HASH)
      let before = await net.live.snapshot()
      await watchful().post(certificate, facts)
      for (const time of ['once', 'twice']) {
        expect(await tip(), time).to.equal(1)
        before = await removed(before)
        await blocksUntil(async () => (await tip()) > 0)
      }
    })

    it('a settlement is sent again, and a refutation', async () => {
      const right = evaluated()
      const [settled, forged] = right.report.leaves.map(leaf => ({ ...leaf, penaltyBps: 200 }))
      const { header, leaves } = await accept(right.report, [settled!, forged!])
      const isDone = (leaf: Leaf) => net.chain.isSettled(1, leaf.provider)
      let before = await net.live.snapshot()
      await refuteIfWrong(leaves, right, watchful())
      expect(await Promise.all([settled!, forged!].map(isDone))).to.deep.equal([true, true])
      before = await removed(before)
      await blocksUntil(async () => (await isDone(settled!)) && (await isDone(forged!)))
      stop.abort() // of the node that refutes: another one settles
      stop = new AbortController()
      await connectAnew()
      await removed(before)
      expect(await isDone(settled!)).to.equal(false)
      const settling = watchful({ stopping: stop.signal })
      await finalise()
      before = await net.live.snapshot()
      await settling.settle(header, leaves, facts)
      expect(await isDone(settled!)).to.equal(true)
      await removed(before)
      await blocksUntil(() => isDone(settled!))
    })

    it('a chain node that lags behind costs no second post', async () => {
      const { certificate } = net.live.certify(facts, ZERO_HASH)
      const looked = Promise.withResolvers<void>()
      let looks = 0
      const lagging = {
        tip: async () => {
          const real = await net.chain.tip()
          if (looks++ > 3) looked.resolve()
          return { ...real, epoch: 0 }
        },
        headBlock: () => net.chain.headBlock(),
        post: (...args: Parameters<VerifierContext['chain']['post']>) => chain.post(...args),
      } as unknown as VerifierContext['chain']
      const sent = await nonce()
      await watchful({ chain: lagging }).post(certificate, facts)
      await looked.promise
      expect(await nonce()).to.equal(sent + 1)
    })

    it('is not sent again when the contract takes it no more', async () => {
      const { certificate } = net.live.certify(facts, ZERO_HASH)
      const before = await net.live.snapshot()
      const late = Promise.withResolvers<void>()
      const wall = {
        nowMs: () => {
          if (nowMs > 0) late.resolve()
          return nowMs
        },
      }
      await watchful({ wall }).post(certificate, facts)
      expect(await tip()).to.equal(1)
      nowMs = Number.MAX_SAFE_INTEGER
      await removed(before)
      await late.promise
      expect(await tip()).to.equal(0)
    })
  })

  it('settles all penalties of a report, more than fit into one transaction', async () => {
    const { report } = evaluated()
    const template = report.leaves[0]!
    const made = Array.from({ length: 43 }, (_, i) => ({ ...template, index: 100 + i, provider: account(`${i}`) }))
    const owing = made.map((leaf, i) => ({ ...leaf, penaltyBps: i % 2 === 0 ? 300 : 0 }))
    const { header, leaves, tree } = await accept(report, [{ ...template, penaltyBps: 200 }, ...owing])
    await finalise()
    // Somebody settles one of them first, which must not stop the rest.
    expect((await net.chain.settle(header, [leaves[0]!], tree.multiProof([0]))).kind).to.equal('done')
    const chain: Partial<VerifierContext['chain']> = {
      isFinal: epoch => net.chain.isFinal(epoch),
      isSettled: (epoch, provider) => net.chain.isSettled(epoch, provider),
      chargeOf: async () => 1n, // as if all of them had a stake
      settle: (...args) => net.chain.settle(...args),
    }
    await new Transmission({ ...context, chain: chain as VerifierContext['chain'] }).settle(header, leaves, facts)
    for (const { provider, penaltyBps } of leaves) {
      expect(await net.chain.isSettled(1, provider)).to.equal(penaltyBps > 0)
    }
  })

  it('sends nothing for penalties that would take nothing', async () => {
    const { report } = evaluated()
    const owing = { ...report.leaves[0]!, provider: account('without a stake'), index: 99, penaltyBps: 300 }
    const { header, leaves } = await accept(report, [owing])
    await finalise()
    const sent = () => net.chain.context.provider.getTransactionCount(net.chain.account!)
    const before = await sent()
    await transmission.settle(header, leaves, facts)
    expect(await sent()).to.equal(before)
    expect(await net.chain.isSettled(1, owing.provider)).to.equal(false)
  })

  /** What nodes do about the posted report of these leaves and ballots. */
  async function refuteIfWrong(
    leaves: readonly Leaf[],
    of: ReturnType<typeof evaluated>,
    by = transmission,
  ): Promise<void> {
    const { assignment, ballotSet, encoded } = of
    let asked = 0
    const modules: RefutingModules = {
      transmission: by,
      epochFacts: { get: async () => ({ facts, assignment }) },
      peers: {
        leaves: async (_, take) => take(leaves.map(encodedState))!,
        // A peer that does not answer at once costs no refutation.
        ballotSet: async () => (asked++ === 0 ? Promise.reject(new Error('no answer')) : ballotSet),
        ballot: async ({ root }) => ({ ...NO_BALLOT, root: fromHex(root) }),
        ballotVote: async (root, provider) => {
          const votes = encoded[ballotSet.findIndex(one => one.root === root)]!
          const place = votes.findIndex(one => decodeVote(one).provider === provider)
          return { vote: decodeVote(votes[place]!), proof: new MerkleTree(votes).proof(place) }
        },
      },
    }
    await new Refuting(context, modules).refute((await net.chain.posted(1))!)
  }

  it('voids a penalty that a captured set certified against its own ballots', async () => {
    const right = evaluated()
    const { report } = right
    // Nobody knows what the soak votes of the forged leaf are, and nobody needs to.
    const forged = { ...report.leaves[0]!, penaltyBps: 1000, soakVotes: keccakText('none') }
    const leaves = [forged, ...report.leaves.slice(1)]
    const { header, tree } = await accept(report, leaves)
    await refuteIfWrong(leaves, right)
    expect(await net.chain.isSettled(1, forged.provider)).to.equal(true)
    const [voided] = await net.chain.settlements(forged.provider)
    expect(voided).to.deep.include({ epoch: 1, charged: 0n, refuted: true })
    await finalise()
    expect(await net.chain.settle(header, [forged], tree.multiProof([0]))).to.deep.equal({ kind: 'already' })
    const { stake } = (await net.chain.provider(forged.provider))!
    expect(stake).to.equal(facts.providers[0]!.stake)
  })

  it('leaves a penalty alone that its votes bear out, whatever else is wrong with its report', async () => {
    const low = evaluated(OUTCOME.under, CLAIM_KBPS / 4)
    const leaves = low.report.leaves.map((leaf, i) => ({ ...leaf, scoreBps: 1, penaltyBps: i === 0 ? 900 : 0 }))
    await accept(low.report, leaves)
    await refuteIfWrong(leaves, low)
    expect(await net.chain.isSettled(1, leaves[0]!.provider)).to.equal(false)
  })

  it('sends nothing about a report that is final', async () => {
    const right = evaluated()
    const leaves = right.report.leaves.map(leaf => ({ ...leaf, penaltyBps: 1000 }))
    await accept(right.report, leaves)
    await finalise()
    nowMs = 0 // by this node's clock there would be time
    await refuteIfWrong(leaves, right)
    expect(await net.chain.isSettled(1, leaves[0]!.provider)).to.equal(false)
  })

  /** A transmission that sees a newer block than the chain has, since thousands of blocks take long to mine. */
  function aheadBy(blocks: () => number): Transmission {
    const { chain } = net
    const ahead: Partial<VerifierContext['chain']> = {
      tip: () => chain.tip(),
      headBlock: async () => facts.blockNumber + blocks(),
      isNoted: block => chain.isNoted(block),
      noteBlock: block => chain.noteBlock(block),
    }
    const epochs = { ...context.epochs, epochMs: 160 } // looks every 10 ms
    return new Transmission({ ...context, epochs, chain: ahead as VerifierContext['chain'] })
  }

  it('notes B(e) once half of the blocks that the chain knows have passed', async () => {
    let passed = 4096
    nowMs = 0 // whatever the clock says, the epoch can still be posted
    let looks = 0
    const keeping = aheadBy(() => {
      if (looks++ === 3) passed++
      return passed
    }).keepBlock(facts)
    await keeping
    expect(looks, 'the fourth look is the first to find so many').to.be.at.least(4)
    expect(await net.chain.isNoted(facts.blockNumber)).to.equal(true)
  })

  it('notes no block of an epoch that has its report, or can no longer get one', async () => {
    await aheadBy(() => 5000).keepBlock(facts)
    expect(await net.chain.isNoted(facts.blockNumber)).to.equal(false)
    nowMs = 0
    const { report } = evaluated()
    await accept(report, report.leaves)
    await aheadBy(() => 5000).keepBlock(facts)
    expect(await net.chain.isNoted(facts.blockNumber)).to.equal(false)
  })
})

const NO_BALLOT = { epoch: 1, verifier: 0, signature: new Uint8Array(96), schedule: new Uint8Array(96) }

const encodedState = (leaf: Leaf): Uint8Array => encodeLeafState({ leaf, soakVotes: [], window: undefined })
