/** What verifiers gossip. Every signature is a BLS signature over the digest of its kind. */
import { codec } from './codec.js'
import { ballotBytes, KIB, MAX_GOSSIP_VOTES, MAX_PROVIDERS } from './limits.js'

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
/** A ballot without its votes, in whose place it names their root. */
export type BallotHead = Omit<Ballot, 'votes'>
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

export const Commit = codec<Commit>('Commit', 256)
/** With all its votes, or with none: those of a ballot above MAX_GOSSIP_VOTES are fetched by its root. */
export const Ballot = codec<Ballot>('Ballot', ballotBytes(MAX_GOSSIP_VOTES))
export const encodeHead = (head: BallotHead): Uint8Array => Ballot.encode({ ...head, votes: [] })
/** A ballot with all its votes, however many: evidence for a file or an answer of the API, never a message. */
export const WholeBallot = codec<Ballot>('Ballot', ballotBytes(MAX_PROVIDERS))
export const SeenListMessage = codec<SeenListMessage>('SeenList', 16 * KIB)
/** Up to 191 seen lists of 191 entries. */
export const Proposal = codec<Proposal>('Proposal', 2048 * KIB)
export const Partial = codec<Partial>('Partial', 256)
export const Certificate = codec<Certificate>('Certificate', 2 * KIB)
