/**
 * What a provider's window has gathered so far. The receivers of a provider vote over the epochs of a window, and their
 * classified votes wait for its end. They travel beside the leaf, which holds their digest.
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import { type Hex, ZERO_HASH } from './hex.js'
import { leafHashes, merkleRoot } from './merkle.js'

const WINDOW_FIELDS = [
  ['first', 'uint64'], // its first epoch
  ['assigned', 'uint32'], // n
  ['claimKbps', 'uint32'],
  ['ticksUp', 'uint32'],
  ['ticksTotal', 'uint32'],
] as const

const WINDOW_VOTE_FIELDS = [
  ['receiver', 'uint32'], // registry index
  ['epoch', 'uint64'],
  ['counted', 'uint8'], // see COUNTED
  ['rateKbps', 'uint32'], // counted rate: at most the claim
  ['serving', 'bool'], // false if the provider was up and the receiver still got nothing
  ['noPath', 'bool'], // its outcome was that there was no path
  ['link', 'bytes32'], // as in the vote
  ['beside', 'bool'], // its session ran at once with a neighbour's larger group
  ['lowerKbps', 'uint32'], // the lower of two readings; the only one if there is no other
  ['soak', 'bool'], // a soak vote of `lowerKbps`
] as const

/** How a vote counts. The carry-over is certified, so a number must never change its meaning. */
export const COUNTED = { ignored: 0, rate: 1, under: 2, 'at-least': 3 } as const

export type WindowVote = AbiRecord<typeof WINDOW_VOTE_FIELDS>

export type OpenWindow = AbiRecord<typeof WINDOW_FIELDS> & {
  /** at most one of each receiver */
  readonly votes: readonly WindowVote[]
}

export const WINDOW_BYTES = 32 * WINDOW_FIELDS.length
export const WINDOW_VOTE_BYTES = 32 * WINDOW_VOTE_FIELDS.length

/** The window's own fields, and then one item for each vote. */
export const encodeWindow = (window: OpenWindow): Uint8Array[] => [
  encodeRecord(WINDOW_FIELDS, window),
  ...window.votes.map(vote => encodeRecord(WINDOW_VOTE_FIELDS, vote)),
]

/** @param bytes the items of `encodeWindow`, one after the other. @throws RangeError on a wrong length or padding */
export function decodeWindow(bytes: Uint8Array): OpenWindow {
  const votes: WindowVote[] = []
  for (let at = WINDOW_BYTES; at < bytes.length; at += WINDOW_VOTE_BYTES) {
    votes.push(decodeRecord(WINDOW_VOTE_FIELDS, bytes.subarray(at, at + WINDOW_VOTE_BYTES)))
  }
  return { ...decodeRecord(WINDOW_FIELDS, bytes.subarray(0, WINDOW_BYTES)), votes }
}

/** Merkle root of the encoded items; zero if no window is open. */
export const windowDigest = (window: OpenWindow | undefined): Hex =>
  window === undefined ? ZERO_HASH : merkleRoot(leafHashes(encodeWindow(window)))
