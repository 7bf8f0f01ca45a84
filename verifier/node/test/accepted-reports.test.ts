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
import type { ChainFacts } from '../../core/facts.js'
import type { PostedReport } from '../../core/ports.js'
import { type CarryOver, encodeCarryOver, NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { buildReport } from '../../core/scoring/report.js'
import { Store } from '../../store/store.js'
import { AcceptedReports } from '../accepted-reports.js'
import type { VerifierContext } from '../context.js'
import type { PeerSync } from '../peer-sync.js'
import { GENESIS_STATE, ReportComputer } from '../report-computer.js'

const network: NetworkId = { chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
const account = (byte: string): Hex => `0x${byte.repeat(20)}`
const facts: ChainFacts = {
  era: 1,
  epoch: 1,
  blockNumber: 10,
  blockHash: keccakText('B(1)'),
  beacon: keccakText('beacon'),
  ...{ windowBeacon: keccakText('beacon'), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
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
const report = buildReport({
  params: DEVNET,
  ...record,
  previous: GENESIS_STATE,
  previousHeader: ZERO_HASH,
  ballotSet: [],
  ballots: [],
})

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

  /** @param has the answers of the only peer about the accepted report */
  function reports(
    tip: PostedReport | undefined,
    has: { ballotSet?: boolean; carryOver?: CarryOver },
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
    const peers: Pick<PeerSync, 'ballot' | 'ballotSet' | 'leaves'> = {
      ballot: async () => undefined,
      ballotSet: async () => (has.ballotSet ? [] : undefined),
      leaves: async (_, take) => {
        const taken = has.carryOver && take(encodeCarryOver(has.carryOver))
        if (taken === undefined) throw new Error('no peer has the leaves')
        return taken
      },
    }
    return new AcceptedReports(context, new ReportComputer(context, { reread: async () => record }, peers), peers)
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
    })
    expect((await store.getReport(tip.headerHash))?.posted).to.deep.equal(tip)
  })

  it('take leaves from a peer if the ballots are gone', async () => {
    const tip = posted(report.header)
    expect((await reports(tip, { carryOver: report }).current()).leaves).to.deep.equal(report.leaves)
  })

  it('take no leaves that are not under the accepted score root', async () => {
    const tip = posted(report.header)
    const better = report.leaves.map((leaf, i) => (i === 0 ? { ...leaf, scoreBps: leaf.scoreBps + 1 } : leaf))
    for (const leaves of [better, report.leaves.slice(1), [...report.leaves, report.leaves[0]!], []]) {
      const error = await reports(tip, { carryOver: { ...NOTHING_CARRIED, leaves } })
        .current()
        .catch(thrown => thrown)
      expect(error).to.be.instanceOf(Error)
      expect(await store.getReport(tip.headerHash)).to.equal(undefined)
    }
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

  it('raise the alarm, after which the node signs nothing, if one does not follow from its ballots', async () => {
    const wrong = report.leaves.map(leaf => ({ ...leaf, scoreBps: leaf.scoreBps + 1 }))
    const scoreRoot = new MerkleTree(wrong.map(encodeLeaf)).root
    const tip = posted({ ...report.header, scoreRoot, ballotSetRoot: ballotSetRoot([]) })
    const alarmed = reports(tip, { ballotSet: true, carryOver: { ...NOTHING_CARRIED, leaves: wrong } })
    const error = await alarmed.current().catch(thrown => thrown)
    expect(error).to.be.instanceOf(Error)
    expect(alarmed.alarm).to.include('epoch 1')
    expect(await store.getReport(tip.headerHash)).to.equal(undefined)
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
