/**
 * The carry-over: what an accepted report hands to the next epoch. Leaves, and what their digests stand for: soak votes, and
 * the votes of a window that has not ended.
 */
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { decodeLeafState, encodeLeafState, type LeafState, readLeafState } from '../../../proto/leaf-state.js'
import type { OpenWindow } from '../../../proto/open-window.js'
import type { SoakVote } from '../../../proto/soak-vote.js'

export interface CarryOver {
  readonly leaves: readonly Leaf[]
  /** by provider; no entry for a provider without soak votes */
  readonly soakVotes: ReadonlyMap<Hex, readonly SoakVote[]>
  /** by provider; no entries at the end of a window */
  readonly windows: ReadonlyMap<Hex, OpenWindow>
}

export const NOTHING_CARRIED: CarryOver = { leaves: [], soakVotes: new Map(), windows: new Map() }

/** One encoding for each leaf, in their order. */
export const encodeCarryOver = (carryOver: CarryOver): Uint8Array[] =>
  carryOver.leaves.map(leaf => encodeCarried(carryOver, leaf))

/** @param leaf one of them */
export const encodeCarried = ({ soakVotes, windows }: CarryOver, leaf: Leaf): Uint8Array =>
  encodeLeafState({ leaf, soakVotes: soakVotes.get(leaf.provider) ?? [], window: windows.get(leaf.provider) })

/**
 * @throws RangeError if an encoding is malformed, or holds votes other than those that the leaf names; and if the leaves do
 * not ascend by index: the root of a tree does not tell the order of its leaves
 */
export function decodeCarryOver(encoded: readonly Uint8Array[]): CarryOver {
  const states = encoded.map(decodeLeafState)
  for (const [i, { leaf }] of states.entries()) {
    const before = states[i - 1]?.leaf
    if (before !== undefined && before.index >= leaf.index)
      throw new RangeError(`The leaf of index ${leaf.index} is out of order.`)
  }
  return carryOverOf(states)
}

/** Of leaves that were checked before. @throws RangeError if an encoding is malformed */
export const readCarryOver = (encoded: readonly Uint8Array[]): CarryOver => carryOverOf(encoded.map(readLeafState))

const carryOverOf = (states: readonly LeafState[]): CarryOver => ({
  leaves: states.map(({ leaf }) => leaf),
  soakVotes: new Map(
    states
      .filter(({ soakVotes }) => soakVotes.length > 0)
      .map(({ leaf, soakVotes }) => [leaf.provider, soakVotes] as const),
  ),
  windows: new Map(states.flatMap(({ leaf, window }) => (window ? [[leaf.provider, window] as const] : []))),
})
