/** A verifier takes over a report that the chain has accepted: only leaves under the accepted header. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { headerHash, type NetworkId } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import type { Header } from '../../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { DEVNET } from '../../../proto/params.js'
import { soakVotesDigest } from '../../../proto/soak-vote.js'
import { ballotSetRoot } from '../../core/agreement/ballot-set.js'
import { assign } from '../../core/assignment/assign.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import type { PostedReport } from '../../core/ports.js'
import { encodeRewards, type Rewards, rewardsTree } from '../../core/rewards/rewards.js'
import { type CarryOver, encodeCarryOver, NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { buildReport } from '../../core/scoring/report.js'
import { Store } from '../../store/store.js'
import { AcceptedReports, WrongReport } from '../accepted-reports.js'
import type { VerifierContext } from '../context.js'
import type { EpochRecord } from '../epoch-facts.js'
import type { Ballots } from '../evaluating.js'
import type { PaidWork } from '../paid-work.js'
import type { PeerSync } from '../peer-sync.js'
import { type ComputedReport, GENESIS_STATE, ReportComputer } from '../report-computer.js'

const network: NetworkId = { chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
const account = (byte: string): Hex => `0x${byte.repeat(20)}`
const facts: ChainFacts = {
  era: 1,
  epoch: 1,
  blockNumber: 10,
  blockHash: keccakText('B(1)'),
  beacon: keccakText('beacon'),
  ...{ windowBeacon: keccakText('beacon'), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
  ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
  verifiers: [0, 1, 2, 3].map(index => ({
    index,
    account: account(`0${index}`),
    blsKey: `0x${'11'.repeat(128)}`,
    position: index,
    capacityKbps: 1_000_000,
  })),
  providers: [1, 2].map(index => ({
    index,
    account: account(`1${index}`),
    claimKbps: 25_000,
    region: ZERO_HASH,
    ...{ link: ZERO_HASH, inWindow: true, active: true },
    stake: 10n ** 21n,
  })),
}
const record = { facts, assignment: assign(facts, DEVNET) }
/** A report without votes, in which every provider is unmeasured. */
const report: ComputedReport = {
  ...buildReport({
    params: DEVNET,
    ...record,
    previous: GENESIS_STATE,
    previousHeader: ZERO_HASH,
    ballotSet: [],
    ballots: [],
    rewardsRoot: ZERO_HASH,
  }),
  rewards: [],
}
/** Nothing is due for payment in epoch 1. */
const NO_WORK: Pick<PaidWork, 'of' | 'keep'> = { of: async () => undefined, keep: () => undefined }

const posted = (header: Header): PostedReport => ({
  header,
  headerHash: headerHash(network, header),
  round: 0,
  nonSigners: [],
  txHash: keccakText('transaction'),
  blockNumber: 20,
  gasUsed: 240_000,
})

describe('accepted reports of a verifier', () => {
  let dir: string
  let store: Store
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-reports-'))
    store = await Store.open(dir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  /**
   * @param has the answers of the only peer about the accepted report
   * @param read what the node read of the chain at first, and then again
   */
  function reports(
    tip: PostedReport | undefined,
    has: { ballotSet?: boolean; carryOver?: CarryOver; rewards?: Rewards },
    read: { first: EpochRecord; again: EpochRecord } = { first: record, again: record },
  ): AcceptedReports {
    const context = {
      network,
      params: DEVNET,
      store,
      log: pino({ level: 'silent' }),
      chain: {
        tip: async () => ({ epoch: tip?.header.epoch ?? 0, headerHash: tip?.headerHash ?? ZERO_HASH }),
        posted: async () => tip,
      },
    } as unknown as VerifierContext
    const peers: Ballots & Pick<PeerSync, 'ballotSet' | 'leaves' | 'rewards'> = {
      ballot: async () => undefined,
      ballotVotes: async () => undefined,
      ballotPart: async () => undefined,
      ballotSet: async () => (has.ballotSet ? [] : undefined),
      leaves: async (_, take) => {
        const taken = has.carryOver && take(encodeCarryOver(has.carryOver))
        if (taken === undefined) throw new Error('no peer has the leaves')
        return taken
      },
      rewards: async (_, take) => {
        const taken = take(encodeRewards(has.rewards ?? []))
        if (taken === undefined) throw new Error('no peer has the rewards')
        return taken
      },
    }
    const facts = { reread: async () => read.first, readAfresh: async () => read.again }
    const computer = new ReportComputer(context, facts, peers, NO_WORK)
    return new AcceptedReports(context, computer, peers)
  }

  it('begin with the genesis state', async () => {
    expect(await reports(undefined, {}).current()).to.equal(GENESIS_STATE)
  })

  it('are recomputed if a peer has their ballots', async () => {
    const tip = posted(report.header)
    expect(await reports(tip, { ballotSet: true }).current()).to.deep.equal({
      ...NOTHING_CARRIED,
      epoch: 1,
      headerHash: tip.headerHash,
      leaves: report.leaves,
      rewards: [],
      isWrong: false,
    })
    expect((await store.getReport(tip.headerHash))?.posted).to.deep.equal(tip)
  })

  it('take leaves from a peer if the ballots are gone', async () => {
    const tip = posted(report.header)
    expect((await reports(tip, { carryOver: report }).current()).leaves).to.deep.equal(report.leaves)
  })

  it('take leaves only if they are under the accepted score root, and in their order', async () => {
    const tip = posted(report.header)
    const better = report.leaves.map((leaf, i) => (i === 0 ? { ...leaf, scoreBps: leaf.scoreBps + 1 } : leaf))
    const reversed = [...report.leaves].reverse() // under the same root
    for (const leaves of [better, report.leaves.slice(1), [...report.leaves, report.leaves[0]!], reversed, []]) {
      const error = await reports(tip, { carryOver: { ...NOTHING_CARRIED, leaves } })
        .current()
        .catch(thrown => thrown)
      expect(error).to.be.instanceOf(Error)
      expect(await store.getReport(tip.headerHash)).to.equal(undefined)
    }
  })

  it('take rewards from a peer only if they are under the accepted rewards root, and in their order', async () => {
    const rewards = [1, 2].map(n => ({ account: account(`0${n}`), cumulative: 10n ** BigInt(n) }))
    const tip = posted({ ...report.header, rewardsRoot: rewardsTree(rewards).root })
    const more = rewards.map(({ account: one, cumulative }) => ({ account: one, cumulative: cumulative + 1n }))
    for (const forged of [more, rewards.slice(1), [...rewards].reverse(), []]) {
      const error = await reports(tip, { carryOver: report, rewards: forged })
        .current()
        .catch(thrown => thrown)
      expect(error).to.be.instanceOf(Error)
      expect(await store.getReport(tip.headerHash)).to.equal(undefined)
    }
    expect((await reports(tip, { carryOver: report, rewards }).current()).rewards).to.deep.equal(rewards)
    expect((await reports(tip, {}).current()).rewards).to.deep.equal(rewards)
  })

  it('take soak votes with the leaves, and refuse soak votes that do not match their leaf', async () => {
    const [first, second] = report.leaves as [Leaf, Leaf]
    const votes = [0, 1, 2].map(receiver => ({ receiver, epoch: 1, rateKbps: 20_000 + receiver }))
    const leaves = [{ ...first, soakVotes: soakVotesDigest(votes) }, second]
    const tip = posted({ ...report.header, scoreRoot: new MerkleTree(leaves.map(encodeLeaf)).root })
    const soakVotes = new Map([[first.provider, votes]])
    for (const forged of [[], votes.slice(1), votes.map(vote => ({ ...vote, rateKbps: 25_000 }))]) {
      const carryOver = { ...NOTHING_CARRIED, leaves, soakVotes: new Map([[first.provider, forged]]) }
      const error = await reports(tip, { carryOver })
        .current()
        .catch(thrown => thrown)
      expect(error).to.be.instanceOf(Error)
    }
    expect(await reports(tip, { carryOver: { ...NOTHING_CARRIED, leaves, soakVotes } }).current()).to.deep.include({
      leaves,
      soakVotes,
    })
    expect(await reports(tip, {}).current()).to.deep.include({ leaves, soakVotes })
  })

  /** Accepted, although it does not follow from its ballots. */
  const wrong = report.leaves.map(leaf => ({ ...leaf, scoreBps: leaf.scoreBps + 1 }))
  const wrongTip = posted({
    ...{ ...report.header, ballotSetRoot: ballotSetRoot([]) },
    scoreRoot: new MerkleTree(wrong.map(encodeLeaf)).root,
  })

  it('raise the alarm, after which the node signs nothing, if one does not follow from its ballots', async () => {
    const alarmed = reports(wrongTip, { ballotSet: true, carryOver: { ...NOTHING_CARRIED, leaves: wrong } })
    const state = await alarmed.current()
    expect(alarmed.alarm).to.include('epoch 1')
    expect(state.leaves, 'what the next facts rest on').to.deep.equal(wrong)
    const restarted = reports(wrongTip, {})
    await restarted.current()
    expect(restarted.alarm, 'after a restart').to.equal(alarmed.alarm)
  })

  describe('of an epoch of which a chain node told something wrong', () => {
    /** As another branch has it, under the same B(e). */
    const other = { ...facts, providers: facts.providers.map(one => ({ ...one, stake: 1n, claimKbps: 9_000 })) }
    const misread = { facts: other, assignment: assign(other, DEVNET) }
    const tip = posted({ ...report.header, ballotSetRoot: ballotSetRoot([]) })
    const has = { ballotSet: true, carryOver: report }

    it('raise no alarm: their facts are read again first', async () => {
      const right = reports(tip, has, { first: misread, again: record })
      expect((await right.current()).isWrong).to.equal(false)
      expect(right.alarm).to.equal(undefined)
      expect((await store.getReport(tip.headerHash))?.isWrong).to.equal(false)
    })

    it('are no longer wrong, nor are those that follow, once the facts that are read again bear them out', async () => {
      const misled = reports(tip, has, { first: misread, again: misread })
      await misled.current()
      expect(misled.alarm).to.include('epoch 1')
      const next = posted({ ...tip.header, epoch: 2, previousHeader: tip.headerHash })
      await reports(next, { carryOver: report }).adopt(next)
      expect((await store.getReport(next.headerHash))?.isWrong).to.equal(true)

      const restarted = reports(tip, has)
      expect((await restarted.current()).isWrong).to.equal(false)
      expect(restarted.alarm).to.equal(undefined)
      expect((await store.getReport(tip.headerHash))?.isWrong).to.equal(false)
    })
  })

  it('raise no alarm as long as the chain node names another B(e) than the contract accepted', async () => {
    const tip = posted({ ...wrongTip.header, blockHash: keccakText('another B(1)') })
    const lied = reports(tip, { ballotSet: true, carryOver: { ...NOTHING_CARRIED, leaves: wrong } })
    const refused = await lied.current().catch((error: Error) => error.message)
    expect(refused).to.include('another B(1)')
    expect(lied.alarm).to.equal(undefined)
    expect(await store.getReport(tip.headerHash)).to.equal(undefined)
  })

  it('raise the alarm even if nobody shows the leaves', async () => {
    const alarmed = reports(wrongTip, { ballotSet: true })
    expect(await alarmed.adopt(wrongTip).catch(error => error)).to.be.instanceOf(WrongReport)
    expect(alarmed.alarm).to.include('epoch 1')
    expect(await store.getReport(wrongTip.headerHash)).to.equal(undefined)
  })

  it('call all that follows upon a wrong one wrong, whether they recompute it or not', async () => {
    const carryOver = { ...NOTHING_CARRIED, leaves: wrong }
    await reports(wrongTip, { ballotSet: true, carryOver }).current()
    const next = posted({ ...wrongTip.header, epoch: 2, previousHeader: wrongTip.headerHash })
    await reports(next, { carryOver }).adopt(next)
    expect((await store.getReport(next.headerHash))?.isWrong).to.equal(true)
    expect((await store.getReport(wrongTip.headerHash))?.isWrong).to.equal(true)
  })

  it('tell from which state a report was computed, unless the chain has moved away', async () => {
    const tip = posted(report.header)
    const next = { ...report.header, epoch: 4, previousHeader: tip.headerHash }
    expect(await reports(undefined, {}).before(report.header)).to.equal(GENESIS_STATE)
    expect(await reports(undefined, {}).before(next)).to.equal(undefined)
    expect(await reports(posted({ ...report.header, blockNumber: 11 }), {}).before(next)).to.equal(undefined)
    const fetched = await reports(tip, { carryOver: report }).before(next)
    expect(fetched).to.deep.include({ epoch: 1, headerHash: tip.headerHash, leaves: report.leaves })
    expect(await reports(undefined, {}).before(next), 'now it is held').to.deep.equal(fetched)
  })

  it('mark a report that this node computed as posted, and keep its ballots', async () => {
    const tip = posted(report.header)
    const own = reports(tip, {})
    await own.keep(report)
    expect((await store.getReport(tip.headerHash))?.posted).to.equal(undefined)
    await own.adopt(tip)
    expect((await store.getReport(tip.headerHash))?.posted).to.deep.equal(tip)
    expect((await own.current()).leaves).to.deep.equal(report.leaves)
  })
})
