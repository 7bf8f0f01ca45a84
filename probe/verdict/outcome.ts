/**
 * The outcome of a session, as its receiver knows it. A new member of `Outcome` must be handled where votes are made
 * (`verifier/core/scoring/vote.ts`), and in `proto/vote.ts`.
 */
import type { Hex } from '../../proto/hex.js'
import type { SessionRecord } from '../../proto/messages.js'

/** Rates in kbit/s at the IP layer unless named goodput. */
export interface Measurement {
  /** min(arrived, verified, claim); the claim is no cap if other receivers measured at the same time */
  readonly rateKbps: number
  /** no sender counts with more than its share */
  readonly arrivedKbps: number
  readonly verifiedKbps: number
  readonly goodputKbps: number
  readonly lossBps: number
  readonly jitterUs: number
  /** delay that the way through the provider adds to the direct path, standing queues included; 0 if unknown */
  readonly delayUs: number
  /** sum over the senders' signed logs, and the shares of those that the provider refused */
  readonly offeredKbps: number
  /** loss of the control datagrams over the counted senders; 0 if too few arrived */
  readonly controlLossBps: number
  readonly controlDelayUs: number
  /** rate of the direct probe; 0 if there was none */
  readonly directKbps: number
  readonly windows: number
  readonly durationMs: number
  readonly receivedBytes: number
}

/** The part of a session's evidence that goes into the vote, whatever the outcome. */
export interface SessionEvidence {
  readonly sessionId: Hex
  readonly chunkRoot: Hex
  /** keccak256 of the k commitments in sender order; 32 zero bytes stand for a missing one */
  readonly keyCommitments: Hex
  /** keccak256 of the k hashed peer ids in sender order (see proto/vote.ts) */
  readonly sessionPeers: Hex
  readonly receiptHead: Hex
  /** bitmap over the k senders: the sender spoiled its part of the session, or nothing of it was verified */
  readonly unverifiableSenders: number
  /** host that the provider's data came from, as k − f' senders' sessions showed it; undefined if none did */
  readonly providerHost: string | undefined
}

/**
 * Why a reading is a lower bound only. In this order: the senders offered too little; a link of the senders or of the
 * receiver was full, or was not shown to carry more; there were too few windows; there were too few control datagrams;
 * data of f' senders, which cannot be verified, makes the difference; the receiver's own port had no room for as many
 * datagrams as may have been missing.
 */
export type AtLeastReason =
  | 'sender-limited'
  | 'path-limited'
  | 'unstable'
  | 'no-control'
  | 'sender-spoiled'
  | 'receiver-overrun'
/**
 * Why there is no path. `family`: the provider has no address of the receiver's IP family. `path-mtu`: small datagrams
 * arrive, and none of full size. `udp-blocked`: sessions are granted over TCP, and no datagram of the provider's arrives.
 * `refusals`: enough senders were refused for reasons that show no fault.
 */
export type NoPathReason = 'family' | 'path-mtu' | 'udp-blocked' | 'refusals'
export type NoDataReason = 'provider-unreachable' | 'senders-missing' | 'path-not-validated' | 'receiver-fault'

export type Outcome =
  | { readonly kind: 'verified'; readonly measurement: Measurement }
  | { readonly kind: 'under'; readonly measurement: Measurement }
  | { readonly kind: 'at-least'; readonly measurement: Measurement; readonly reason: AtLeastReason }
  | { readonly kind: 'refused'; readonly refusals: number }
  | { readonly kind: 'dead'; readonly granted: number }
  | { readonly kind: 'garbage'; readonly measurement: Measurement }
  | { readonly kind: 'no-path'; readonly reason: NoPathReason }
  | { readonly kind: 'no-data'; readonly reason: NoDataReason }

export interface SessionResult {
  readonly outcome: Outcome
  readonly evidence: SessionEvidence
  /** for the transcript */
  readonly record: SessionRecord
}
