/** A leaf together with what its digests stand for: the whole state carried to the next epoch. */
import { concatBytes } from '@noble/hashes/utils.js'
import { decodeRecord, encodeWords } from './abi.js'
import { decodeLeaf, encodeLeaf, LEAF_BYTES, type Leaf } from './leaf.js'
import { decodeWindow, encodeWindow, type OpenWindow, WINDOW_BYTES, windowDigest } from './open-window.js'
import { decodeSoakVote, encodeSoakVote, SOAK_VOTE_BYTES, type SoakVote, soakVotesDigest } from './soak-vote.js'
import { WINDOW_VOTE_BYTES } from './window-votes.js'

export interface LeafState {
  readonly leaf: Leaf
  readonly soakVotes: readonly SoakVote[]
  /** undefined at the end of a window */
  readonly window: OpenWindow | undefined
}

const COUNT_BYTES = 32

/** The encoded leaf, the number of its soak votes, these votes, and then its open window. */
export const encodeLeafState = ({ leaf, soakVotes, window }: LeafState): Uint8Array =>
  concatBytes(
    encodeLeaf(leaf),
    encodeWords(['uint32'], [soakVotes.length]),
    ...soakVotes.map(encodeSoakVote),
    ...(window === undefined ? [] : [encodeWindow(window)]),
  )

/**
 * The longest encoding. A window holds one vote of each receiver. Soak votes stay until they are as many as the receivers,
 * and an epoch's soak votes are taken all together: fewer than twice as many.
 * @param receivers n
 */
export const maxLeafStateBytes = (receivers: number): number =>
  LEAF_BYTES + COUNT_BYTES + 2 * receivers * SOAK_VOTE_BYTES + WINDOW_BYTES + receivers * WINDOW_VOTE_BYTES

/** The part of the encoding that is the leaf itself, as the report's tree holds it. */
export const leafPart = (encoded: Uint8Array): Uint8Array => encoded.subarray(0, LEAF_BYTES)

/**
 * @throws RangeError on a wrong length, on padding that is not zero, or on votes that the leaf's digests do not match
 */
export function decodeLeafState(encoded: Uint8Array): LeafState {
  const state = readLeafState(encoded)
  const { leaf, soakVotes, window } = state
  if (soakVotesDigest(soakVotes) !== leaf.soakVotes)
    throw new RangeError("The soak votes do not match the leaf's digest.")
  if (windowDigest(window) !== leaf.windowVotes || window?.votes.isChained() === false)
    throw new RangeError("The votes of the window do not match the leaf's digest.")
  return state
}

/**
 * Of an encoding that was checked before, as the digests are not checked: a hundred hashes a leaf.
 * @throws RangeError on a wrong length, or on padding that is not zero
 */
export function readLeafState(encoded: Uint8Array): LeafState {
  const leaf = decodeLeaf(leafPart(encoded))
  const { count } = decodeRecord([['count', 'uint32']] as const, encoded.subarray(LEAF_BYTES, LEAF_BYTES + COUNT_BYTES))
  const soaksAt = LEAF_BYTES + COUNT_BYTES
  const windowAt = soaksAt + count * SOAK_VOTE_BYTES
  if (windowAt > encoded.length) throw new RangeError(`There is no room for ${count} soak votes.`)
  const soakVotes = Array.from({ length: count }, (_, i) => {
    const at = soaksAt + i * SOAK_VOTE_BYTES
    return decodeSoakVote(encoded.subarray(at, at + SOAK_VOTE_BYTES))
  })
  const window = windowAt < encoded.length ? decodeWindow(encoded.subarray(windowAt)) : undefined
  return { leaf, soakVotes, window }
}
