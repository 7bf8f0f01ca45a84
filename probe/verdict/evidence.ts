/** The part of a session's evidence that goes into the vote. */
import { keccak, keccakText } from '../../proto/hash.js'
import { fromHex, type Hex, ZERO_HASH } from '../../proto/hex.js'
import { commonHost } from './common-host.js'
import type { SessionEvidence } from './outcome.js'
import { missingSenders, type SenderEvidence, unverifiableSenders } from './session-facts.js'

/** Signed statements about one sender. */
interface SenderStatements {
  readonly commitment?: Uint8Array | undefined
  /** peer id with which the sender opened its session with the provider, signed by the provider */
  readonly opener?: string | undefined
  /** h_j of the provider's last receipt; undefined unless the provider's receipts hold */
  readonly receiptHead?: Uint8Array | undefined
}

/** @param statements by slot. @param senders by slot */
export const evidenceOf = (
  sessionId: Hex,
  chunkRoot: Hex,
  statements: readonly SenderStatements[],
  senders: readonly SenderEvidence[],
): SessionEvidence => ({
  sessionId,
  chunkRoot,
  keyCommitments: keccakOf(statements.map(({ commitment }) => commitment)),
  sessionPeers: keccakOf(statements.map(({ opener }) => opener && fromHex(keccakText(opener)))),
  receiptHead: statements.some(({ receiptHead }) => receiptHead)
    ? keccakOf(statements.map(({ receiptHead }) => receiptHead))
    : ZERO_HASH,
  unverifiableSenders: unverifiableSenders(senders) | missingSenders(senders),
  providerHost: commonHost(senders.map(({ host }) => host)),
})

/** keccak256 of 32-byte values in slot order; zeros stand for a missing value. */
const keccakOf = (values: readonly (Uint8Array | '' | undefined)[]): Hex =>
  keccak(Buffer.concat(values.map(value => value || new Uint8Array(32))))
