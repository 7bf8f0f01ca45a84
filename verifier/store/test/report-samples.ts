/** Reports that the tests put into the store. */
import { keccakText } from '../../../proto/hash.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { type OpenWindow, windowDigest } from '../../../proto/open-window.js'
import { soakVotesDigest } from '../../../proto/soak-vote.js'
import { WindowVotes } from '../../../proto/window-votes.js'
import { account } from '../../core/test/samples.js'
import type { StoredReport } from '../store.js'

export const leaf = (epoch: number, index: number): Leaf => ({
  epoch,
  index,
  provider: `0x${`0${index}`.repeat(20)}`,
  status: 1,
  uptimeBps: 9000,
  rateKbps: 24_000,
  claimKbps: 25_000,
  scoreBps: 8000,
  tier: 2,
  throughputQ32: 2 ** 32,
  throughputSumQ32: 2 ** 32,
  throughputWeightQ32: 2 ** 32,
  ticksUpQ16: 10,
  ticksTotalQ16: 12,
  pathlessQ2: 0,
  soakVotes: ZERO_HASH,
  windowVotes: ZERO_HASH,
  link: ZERO_HASH,
  breachBits: 3,
  breachPenaltyBps: 500,
  assignedRoot: ZERO_HASH,
  penaltyBps: 0,
})

const SOAK_VOTES = [0, 1, 2].map(receiver => ({ receiver, epoch: 5, rateKbps: 20_000 }))

export const report = (epoch: number): StoredReport => ({
  header: {
    era: 1,
    epoch,
    blockNumber: 5,
    blockHash: ZERO_HASH,
    previousHeader: ZERO_HASH,
    scoreRoot: ZERO_HASH,
    ballotSetRoot: ZERO_HASH,
    rewardsRoot: ZERO_HASH,
    providerCount: 2,
    commonFailure: false,
  },
  headerHash: keccakText(`header ${epoch}`),
  rewards: [{ account: leaf(epoch, 0).provider, cumulative: 10n ** 30n }],
  leaves: [{ ...leaf(epoch, 0), soakVotes: soakVotesDigest(SOAK_VOTES) }, leaf(epoch, 1)],
  windows: new Map(),
  soakVotes: new Map([[leaf(epoch, 0).provider, SOAK_VOTES]]),
  ballots: [{ verifier: 1, root: keccakText('ballot') }],
  isWrong: false,
  posted: undefined,
})

export const posted = (of: StoredReport): StoredReport => ({
  ...of,
  posted: {
    ...{ header: of.header, headerHash: of.headerHash, round: 0, nonSigners: [2], txHash: keccakText('tx') },
    ...{ blockNumber: 7, gasUsed: 9 },
  },
})

/** A report of many providers, with open windows and rewards. */
export function longReport(epoch: number, providers: number): StoredReport {
  const window: OpenWindow = {
    ...{ first: epoch, assigned: 5, claimKbps: 25_000, ticksUp: 7, ticksTotal: 9 },
    votes: WindowVotes.of([
      {
        ...{ receiver: 3, epoch, counted: 1, rateKbps: 24_000, serving: true, noPath: false, link: ZERO_HASH },
        ...{ beside: false, lowerKbps: 23_000, soak: false },
      },
    ]),
  }
  const leaves = Array.from({ length: providers }, (_, i) => ({
    ...{ ...leaf(epoch, 0), index: 3 * i + 1, provider: account(`provider ${i}`) },
    windowVotes: i % 2 === 0 ? windowDigest(window) : ZERO_HASH,
  }))
  const rewards = leaves
    .map(({ provider }, i) => ({ account: provider, cumulative: 10n ** BigInt(i % 30) }))
    .sort((a, b) => (a.account < b.account ? -1 : 1))
  return {
    ...report(epoch),
    ...{ header: { ...report(epoch).header, providerCount: providers }, leaves, rewards, soakVotes: new Map() },
    windows: new Map(leaves.filter((_, i) => i % 2 === 0).map(({ provider }) => [provider, window])),
  }
}
