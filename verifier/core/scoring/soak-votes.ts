/**
 * Soaks: in a share of (provider, epoch) pairs all sessions run so long that no bucket of burst credit outlasts them. A
 * soak's votes stay in force until the next soak. A provider that beats short readings with burst credit is held to its
 * last soak, and a raised claim is certified only after a soak has confirmed it.
 */
import { lowMedian } from '../../../probe/verdict/low-median.js'
import type { SoakVote } from '../../../proto/soak-vote.js'

/**
 * The soak votes that are in force after an epoch: those of the newest epochs, until they are a quorum. An epoch's votes
 * are taken all together, so more than a quorum may be in force. Of each receiver the newest vote stays.
 * @param held the carry-over. @param cast in this epoch; none if the epoch is not a soak
 * @returns by epoch, the newest first, then by receiver
 */
export function soakVotesInForce(held: readonly SoakVote[], cast: readonly SoakVote[], quorum: number): SoakVote[] {
  const sorted = [...cast, ...held].sort((a, b) => b.epoch - a.epoch || a.receiver - b.receiver)
  const kept = new Map<number, SoakVote>()
  let epoch: number | undefined
  for (const vote of sorted) {
    if (vote.epoch !== epoch && kept.size >= quorum) break
    epoch = vote.epoch
    if (!kept.has(vote.receiver)) kept.set(vote.receiver, vote)
  }
  return [...kept.values()]
}

/** The upper limit that the soak votes in force set to a rate; undefined if they are fewer than a quorum. */
export const soakLimitKbps = (votes: readonly SoakVote[], quorum: number): number | undefined =>
  votes.length < quorum ? undefined : lowMedian(votes.map(vote => vote.rateKbps))
