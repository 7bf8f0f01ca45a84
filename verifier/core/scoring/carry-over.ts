/** The carry-over: what an accepted report hands to the next epoch. Leaves, and the soak votes of which a leaf holds a digest. */
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { decodeLeafState, encodeLeafState } from '../../../proto/leaf-state.js'
import type { SoakVote } from '../../../proto/soak-vote.js'

export interface CarryOver {
  readonly leaves: readonly Leaf[]
  /** by provider; no entry for a provider without soak votes */
  readonly soakVotes: ReadonlyMap<Hex, readonly SoakVote[]>
}

/** One encoding for each leaf, in their order. */
export const encodeCarryOver = ({ leaves, soakVotes }: CarryOver): Uint8Array[] =>
  leaves.map(leaf => encodeLeafState({ leaf, soakVotes: soakVotes.get(leaf.provider) ?? [] }))

/** @throws RangeError if an encoding is malformed, or its soak votes are not those that the leaf names */
export function decodeCarryOver(encoded: readonly Uint8Array[]): CarryOver {
  const states = encoded.map(decodeLeafState)
  return {
    leaves: states.map(({ leaf }) => leaf),
    soakVotes: new Map(
      states
        .filter(({ soakVotes }) => soakVotes.length > 0)
        .map(({ leaf, soakVotes }) => [leaf.provider, soakVotes] as const),
    ),
  }
}
