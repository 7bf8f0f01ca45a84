/** A leaf together with what it has a digest of only: all that is carried to the next epoch. */
import { concatBytes } from '@noble/hashes/utils.js'
import { decodeLeaf, encodeLeaf, LEAF_BYTES, type Leaf } from './leaf.js'
import { decodeSoakVote, encodeSoakVote, SOAK_VOTE_BYTES, type SoakVote, soakVotesDigest } from './soak-vote.js'

export interface LeafState {
  readonly leaf: Leaf
  readonly soakVotes: readonly SoakVote[]
}

/** The leaf, and after it its soak votes. */
export const encodeLeafState = ({ leaf, soakVotes }: LeafState): Uint8Array =>
  concatBytes(encodeLeaf(leaf), ...soakVotes.map(encodeSoakVote))

/** What of the encoding is the leaf's own, as it stands in the report's tree. */
export const leafPart = (encoded: Uint8Array): Uint8Array => encoded.subarray(0, LEAF_BYTES)

/** @throws RangeError on a wrong length, on padding that is not zero, or if the soak votes are not those of the leaf */
export function decodeLeafState(encoded: Uint8Array): LeafState {
  const leaf = decodeLeaf(leafPart(encoded))
  const soakVotes: SoakVote[] = []
  for (let at = LEAF_BYTES; at < encoded.length; at += SOAK_VOTE_BYTES) {
    soakVotes.push(decodeSoakVote(encoded.subarray(at, at + SOAK_VOTE_BYTES)))
  }
  if (soakVotesDigest(soakVotes) !== leaf.soakVotes) throw new RangeError('soak votes that the leaf does not name')
  return { leaf, soakVotes }
}
