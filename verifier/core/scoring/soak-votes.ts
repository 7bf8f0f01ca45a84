/**
 * Soaks: a share of the sessions runs so long that no bucket of burst credit outlasts them. A receiver's soak vote stays in
 * force until newer ones replace it. A provider that beats short readings with burst credit is held to its soaks, and a
 * raised claim is certified only after soaks have confirmed it.
 */
import { lowMedian } from '../../../probe/verdict/low-median.js'
import type { SoakVote } from '../../../proto/soak-vote.js'

/**
 * The soak votes that are in force after an epoch: those of the newest epochs, until they are as many as the provider has
 * receivers. If an epoch alone has a quorum of soak votes, none of an earlier epoch stays. An epoch's votes are taken all
 * together. Of each receiver the newest vote stays.
 *
 * Why not a quorum only: of fewer votes, a share of colluders decides the median more often (docs/research/
 * cheats-derivations.md, section 5).
 * @param held the carry-over. @param cast in this epoch
 * @returns by epoch, the newest first, then by receiver
 */
export function soakVotesInForce(
  held: readonly SoakVote[],
  cast: readonly SoakVote[],
  { quorum, assigned }: { readonly quorum: number; readonly assigned: number },
): SoakVote[] {
  const sorted = [...cast, ...held].sort((a, b) => b.epoch - a.epoch || a.receiver - b.receiver)
  const kept = new Map<number, SoakVote>()
  for (const epoch of new Set(sorted.map(vote => vote.epoch))) {
    const votes = sorted.filter(vote => vote.epoch === epoch)
    for (const vote of votes) if (!kept.has(vote.receiver)) kept.set(vote.receiver, vote)
    if (votes.length >= quorum || kept.size >= assigned) break
  }
  return [...kept.values()]
}

/** The upper limit that the soak votes in force set to a rate; undefined if they are fewer than a quorum. */
export const soakLimitKbps = (votes: readonly SoakVote[], quorum: number): number | undefined =>
  votes.length < quorum ? undefined : lowMedian(votes.map(vote => vote.rateKbps))
