/**
 * What comes of a session, as the receiver knows it. A new member must be handled where votes are made
 * (`verifier/core/vote.ts`), and in `proto/vote.ts`.
 */
import type { Hex } from '../../proto/hex.js'
import type { SessionRecord } from '../../proto/messages.js'

/** Rates in kbit/s at the IP layer unless named goodput. */
export interface Measurement {
  /** min(arrived, verified·k/(k−f'), claim); without the claim where others measured at once */
  readonly rateKbps: number
  readonly arrivedKbps: number
  readonly verifiedKbps: number
  readonly goodputKbps: number
  readonly lossBps: number
  readonly jitterUs: number
  /** sum over the senders' signed logs */
  readonly offeredKbps: number
  /** of the control datagrams, over the senders that count; 0 where too few came to tell */
  readonly controlLossBps: number
  readonly controlDelayUs: number
  /** what the direct probe carried; 0 where there was none */
  readonly directKbps: number
  readonly windows: number
  readonly durationMs: number
  readonly receivedBytes: number
}

/** What of the session's evidence goes into the vote, whatever came of it. */
export interface SessionEvidence {
  readonly sessionId: Hex
  readonly chunkRoot: Hex
  /** keccak256 of the k commitments in sender order; a missing one is 32 zero bytes */
  readonly keyCommitments: Hex
  readonly receiptHead: Hex
  /** bitmap over the k senders: data that was not what its sender had committed to, or no key revealed */
  readonly unverifiableSenders: number
}

/**
 * Why a reading is a lower bound only: the senders offered too little; a link of theirs or of the receiver's was full, or
 * was not shown to carry more; there were too few windows; too few control datagrams.
 */
export type AtLeastReason = 'sender-limited' | 'path-limited' | 'unstable' | 'no-control'
export type NoDataReason = 'provider-unreachable' | 'senders-missing' | 'path-not-validated' | 'receiver-fault'

export type Outcome =
  | { readonly kind: 'verified'; readonly measurement: Measurement }
  | { readonly kind: 'under'; readonly measurement: Measurement }
  | { readonly kind: 'at-least'; readonly measurement: Measurement; readonly reason: AtLeastReason }
  | { readonly kind: 'refused'; readonly refusals: number }
  | { readonly kind: 'dead'; readonly granted: number }
  | { readonly kind: 'garbage'; readonly measurement: Measurement }
  | { readonly kind: 'no-data'; readonly reason: NoDataReason }

export interface SessionResult {
  readonly outcome: Outcome
  readonly evidence: SessionEvidence
  /** for the transcript */
  readonly record: SessionRecord
}
