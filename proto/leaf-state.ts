/** A leaf together with the soak votes whose digest it holds: the whole state carried to the next epoch. */
import { concatBytes } from '@noble/hashes/utils.js'
import { decodeLeaf, encodeLeaf, LEAF_BYTES, type Leaf } from './leaf.js'
import { decodeSoakVote, encodeSoakVote, SOAK_VOTE_BYTES, type SoakVote, soakVotesDigest } from './soak-vote.js'

export interface LeafState {
  readonly leaf: Leaf
  readonly soakVotes: readonly SoakVote[]
}

/** The encoded leaf, followed by its soak votes. */
export const encodeLeafState = ({ leaf, soakVotes }: LeafState): Uint8Array =>
  concatBytes(encodeLeaf(leaf), ...soakVotes.map(encodeSoakVote))

/** The part of the encoding that is the leaf itself, as the report's tree holds it. */
export const leafPart = (encoded: Uint8Array): Uint8Array => encoded.subarray(0, LEAF_BYTES)

/**
 * @throws RangeError on a wrong length, on padding that is not zero, or on soak votes that the leaf's digest does not
 * match
 */
export function decodeLeafState(encoded: Uint8Array): LeafState {
  const leaf = decodeLeaf(leafPart(encoded))
  const soakVotes: SoakVote[] = []
  for (let at = LEAF_BYTES; at < encoded.length; at += SOAK_VOTE_BYTES) {
    soakVotes.push(decodeSoakVote(encoded.subarray(at, at + SOAK_VOTE_BYTES)))
  }
  if (soakVotesDigest(soakVotes) !== leaf.soakVotes)
    throw new RangeError("The soak votes do not match the leaf's digest.")
  return { leaf, soakVotes }
}
