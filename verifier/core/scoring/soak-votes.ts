/**
 * Soaks: in a share of (provider, epoch) pairs all sessions run long enough that no bucket of credit outlasts them. What
 * they found stays in force until the next soak: whoever beats a short reading with credit is held to the last long one.
 * So a claim that was raised is certified once a soak has borne it out.
 */

import { lowMedian } from '../../../probe/verdict/low-median.js'
import type { SoakVote } from '../../../proto/soak-vote.js'

/**
 * The soak votes that are in force after an epoch: of the newest epochs, each taken whole, until they are a quorum; of
 * each receiver the newest. More of them than a quorum count alike.
 * @param held as they were carried. @param cast in this epoch; none if it was no soak
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

/** What the soak votes in force limit a rate to; undefined where they are fewer than a quorum. */
export const soakLimitKbps = (votes: readonly SoakVote[], quorum: number): number | undefined =>
  votes.length < quorum ? undefined : lowMedian(votes.map(vote => vote.rateKbps))
