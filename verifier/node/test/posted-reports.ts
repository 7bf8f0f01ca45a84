/** Reports of one provider, as the chain has accepted them. */
import { keccakText } from '../../../proto/hash.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { PostedReport } from '../../core/ports.js'
import { facts as factsOf } from '../../store/test/samples.js'

export const leaf = (epoch: number, penaltyBps: number): Leaf => ({
  ...{ epoch, index: 1, provider: `0x${'b1'.repeat(20)}`, status: STATUS.measured, uptimeBps: 0, rateKbps: 0 },
  ...{ claimKbps: 25_000, scoreBps: 0, tier: 0, throughputQ32: 0, throughputSumQ32: 0, throughputWeightQ32: 0 },
  ...{ ticksUpQ16: 0, ticksTotalQ16: 0, pathlessQ2: 0, soakVotes: ZERO_HASH, windowVotes: ZERO_HASH, link: ZERO_HASH },
  ...{ breachBits: 0, breachPenaltyBps: 0, assignedRoot: ZERO_HASH, penaltyBps },
})

/** A report that the chain has accepted. */
export const posted = (epoch: number): PostedReport => {
  const { blockNumber, blockHash } = factsOf(epoch, `B(${epoch})`)
  const roots = { previousHeader: ZERO_HASH, scoreRoot: ZERO_HASH, ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH }
  return {
    header: { era: 1, epoch, blockNumber, blockHash, ...roots, providerCount: 1, commonFailure: false },
    headerHash: keccakText(`header ${epoch}`),
    ...{ round: 0, nonSigners: [], txHash: ZERO_HASH, blockNumber: 1, gasUsed: 1 },
  }
}
