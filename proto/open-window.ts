/**
 * What a provider's window has gathered so far. It travels beside the leaf, which holds its digest.
 *
 *   window   its own fields, ABI-encoded ‖ the bytes of its votes
 *   digest   keccak256 of the fields and the chain of the votes; zero if no window is open
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import { type Hex, toHex, ZERO_HASH } from './hex.js'
import { DIGEST_BYTES, keccak256 } from './keccak.js'
import { WindowVotes } from './window-votes.js'

const WINDOW_FIELDS = [
  ['first', 'uint64'], // its first epoch
  ['assigned', 'uint32'], // n
  ['claimKbps', 'uint32'],
  ['ticksUp', 'uint32'],
  ['ticksTotal', 'uint32'],
] as const

export type OpenWindow = AbiRecord<typeof WINDOW_FIELDS> & { readonly votes: WindowVotes }

const FIELDS_BYTES = 32 * WINDOW_FIELDS.length
/** Of a window without votes. */
export const WINDOW_BYTES = FIELDS_BYTES + DIGEST_BYTES

export function encodeWindow(window: OpenWindow): Uint8Array {
  const bytes = new Uint8Array(FIELDS_BYTES + window.votes.bytes.length)
  bytes.set(encodeRecord(WINDOW_FIELDS, window))
  bytes.set(window.votes.bytes, FIELDS_BYTES)
  return bytes
}

/** @throws RangeError on a wrong length or padding. Whether the votes lead to their chain is not checked */
export const decodeWindow = (bytes: Uint8Array): OpenWindow => ({
  ...decodeRecord(WINDOW_FIELDS, bytes.subarray(0, FIELDS_BYTES)),
  // A copy: the bytes may be part of a message, and votes never change.
  votes: new WindowVotes(Uint8Array.from(bytes.subarray(FIELDS_BYTES))),
})

export function windowDigest(window: OpenWindow | undefined): Hex {
  if (window === undefined) return ZERO_HASH
  const head = new Uint8Array(WINDOW_BYTES)
  head.set(encodeRecord(WINDOW_FIELDS, window))
  head.set(window.votes.chain, FIELDS_BYTES)
  return toHex(keccak256(head))
}
