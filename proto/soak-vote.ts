/**
 * What a receiver measured of a provider in a soak, a session long enough that no bucket of credit outlasts it. The last
 * ones stay in force until the next soak; they are carried beside the leaf, which has their digest.
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import type { Hex } from './hex.js'
import { MerkleTree } from './merkle.js'

const SOAK_VOTE_FIELDS = [
  ['receiver', 'uint32'], // registry index
  ['epoch', 'uint64'],
  ['rateKbps', 'uint32'], // what the vote counted with: at most the claim of that epoch, 0 for nothing served
] as const

export type SoakVote = AbiRecord<typeof SOAK_VOTE_FIELDS>

export const SOAK_VOTE_BYTES = 32 * SOAK_VOTE_FIELDS.length

export const encodeSoakVote = (vote: SoakVote): Uint8Array => encodeRecord(SOAK_VOTE_FIELDS, vote)
export const decodeSoakVote = (bytes: Uint8Array): SoakVote => decodeRecord(SOAK_VOTE_FIELDS, bytes)

/** Merkle root, whatever their order; zero for none. */
export const soakVotesDigest = (votes: readonly SoakVote[]): Hex => new MerkleTree(votes.map(encodeSoakVote)).root
