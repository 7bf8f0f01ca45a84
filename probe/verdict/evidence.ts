/** What of a session's evidence goes into the vote. */
import { keccak } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { type SenderEvidence, unverifiableSenders } from './judge.js'
import type { SessionEvidence } from './outcome.js'

/** Of one sender, in slot order. */
interface SenderStatements {
  readonly commitment?: Uint8Array | undefined
  /** h_j of the provider's last receipt, if the chain holds */
  readonly receiptHead?: Uint8Array | undefined
}

export const evidenceOf = (
  sessionId: Hex,
  chunkRoot: Hex,
  statements: readonly SenderStatements[],
  senders: readonly SenderEvidence[],
): SessionEvidence => ({
  sessionId,
  chunkRoot,
  keyCommitments: keccakOf(statements.map(({ commitment }) => commitment)),
  receiptHead: statements.some(({ receiptHead }) => receiptHead)
    ? keccakOf(statements.map(({ receiptHead }) => receiptHead))
    : ZERO_HASH,
  unverifiableSenders: unverifiableSenders(senders),
})

/** keccak256 of 32-byte values in slot order; a missing one is zeros. */
const keccakOf = (values: readonly (Uint8Array | undefined)[]): Hex =>
  keccak(Buffer.concat(values.map(value => value ?? new Uint8Array(32))))
