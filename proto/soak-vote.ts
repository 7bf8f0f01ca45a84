/**
 * A receiver's measurement of a provider in a soak. A soak lasts longer than any credit that a provider's token bucket
 * could have saved up. A soak vote stays in force until newer ones replace it. The votes in force travel beside the leaf,
 * which holds their digest.
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import type { Hex } from './hex.js'
import { leafHashes, merkleRoot } from './merkle.js'

const SOAK_VOTE_FIELDS = [
  ['receiver', 'uint32'], // registry index
  ['epoch', 'uint64'],
  ['rateKbps', 'uint32'], // counted rate: at most that epoch's claim; 0 if the provider served nothing
] as const

export type SoakVote = AbiRecord<typeof SOAK_VOTE_FIELDS>

export const SOAK_VOTE_BYTES = 32 * SOAK_VOTE_FIELDS.length

export const encodeSoakVote = (vote: SoakVote): Uint8Array => encodeRecord(SOAK_VOTE_FIELDS, vote)
export const decodeSoakVote = (bytes: Uint8Array): SoakVote => decodeRecord(SOAK_VOTE_FIELDS, bytes)

/** Merkle root of the votes. It does not depend on their order, and is zero for no votes. */
export const soakVotesDigest = (votes: readonly SoakVote[]): Hex => merkleRoot(leafHashes(votes.map(encodeSoakVote)))
