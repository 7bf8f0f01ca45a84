/** What verifiers gossip. Every signature is a BLS signature over the digest of its kind. */
import { codec } from './codec.js'
import { KIB, MAX_BALLOT_BYTES } from './limits.js'

export interface Commit {
  epoch: number
  verifier: number
  commitment: Uint8Array
  signature: Uint8Array
}
export interface Ballot {
  epoch: number
  verifier: number
  root: Uint8Array
  signature: Uint8Array
  schedule: Uint8Array
  votes: Uint8Array[]
}
export interface SeenListMessage {
  epoch: number
  verifier: number
  entries: { verifier: number; root: Uint8Array }[]
  signature: Uint8Array
}
export interface Proposal {
  epoch: number
  round: number
  leader: number
  header: Uint8Array
  lists: SeenListMessage[]
  signature: Uint8Array
}
export interface Partial {
  epoch: number
  round: number
  headerHash: Uint8Array
  verifier: number
  signature: Uint8Array
}
export interface Certificate {
  epoch: number
  round: number
  header: Uint8Array
  nonSigners: number[]
  signature: Uint8Array
}

/** A ballot above this travels by root only. */
export const MAX_GOSSIP_BALLOT_BYTES = 128 * KIB

export const Commit = codec<Commit>('Commit', 256)
/** Gossip carries no ballot above MAX_GOSSIP_BALLOT_BYTES with its votes. */
export const Ballot = codec<Ballot>('Ballot', MAX_BALLOT_BYTES)
export const SeenListMessage = codec<SeenListMessage>('SeenList', 16 * KIB)
/** Up to 191 seen lists of 191 entries. */
export const Proposal = codec<Proposal>('Proposal', 2048 * KIB)
export const Partial = codec<Partial>('Partial', 256)
export const Certificate = codec<Certificate>('Certificate', 2 * KIB)
