/**
 * What the probe needs from outside. Composition roots provide these ports; tests use real UDP and in-memory streams.
 */
import type { Hex } from '../proto/hex.js'
import type { Voucher } from '../proto/voucher.js'

/** A stream of whole messages to a peer, ordered and reliable (libp2p in a node). */
export interface MessageStream {
  /** @throws when the stream is closed */
  send(message: Uint8Array): Promise<void>
  /** @returns the next message, or undefined once the peer has closed the stream. @throws when the stream broke */
  receive(): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** A stream to a provider, with the address of the provider's UDP port. */
export interface ProviderStream extends MessageStream {
  readonly remoteHost: string
}

/**
 * Monotonic time in milliseconds, with a fraction. Not the wall clock: a clock that is set would spoil a measurement.
 */
export interface MonotonicClock {
  now(): number
}

export interface RandomSource {
  bytes(length: number): Uint8Array
}

/** A peer's libp2p key (Ed25519). */
export interface PeerSigner {
  sign(digest: Uint8Array): Promise<Uint8Array>
}

/** Checks a signature made by a known peer's `PeerSigner`. */
export type PeerVerifier = (digest: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** A provider's EVM key, which signs the provider's answers to openers for one network. */
export interface AnswerSigner {
  readonly account: Hex
  /** @param statement 32 bytes */
  sign(statement: Uint8Array): Promise<Uint8Array>
}

/** Checks what the `AnswerSigner` of one account has signed. */
export interface AnswerVerifier {
  readonly account: Hex
  isSigned(statement: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** A node's EVM key, which signs receipts for one network. */
export interface VoucherSigner {
  /** @returns r, s and v: 65 bytes */
  sign(voucher: Voucher): Promise<Uint8Array>
}

/** Checks a signature made by a known account's `VoucherSigner`. */
export type VoucherVerifier = (voucher: Voucher, signature: Uint8Array) => Promise<boolean>

/** What a payment brought. */
export interface Paid {
  /** that it pays for, besides all payments before */
  readonly bytes: number
  /** whether its channel pays for priority */
  readonly isPremium: boolean
}

/** Takes the payments of a relay's users. */
export interface Payments {
  /**
   * Keeps a payment, safe from a crash, before the relay carries more for it. Two sessions may pay by one channel over
   * streams of their own, so a payment may come after one with a larger total. It then pays with what that one brought.
   * @param sessionBytes of its session that no payment before was for
   * @returns what it pays for, at most `sessionBytes`; undefined if it is void: of a channel that does not pay this provider
   *   or is empty, of another signer, or of no new bytes
   * @throws if it cannot be kept
   */
  accept(voucher: Voucher, signature: Uint8Array, sessionBytes: number): Promise<Paid | undefined>
}

/** A session's share of a lane. */
export interface LaneShare {
  /** of the lane, in hexadecimal: its sessions share the rate */
  readonly id: Hex
  readonly kbps: number
  /** until the lane's last slot is over, or the next slot must be signed */
  readonly leftMs: number
}

/** The lanes that users have reserved at a relay. A lane is served as long as its key signs each slot that is over. */
export interface Lanes {
  /**
   * Does not wait for the chain: a lane of a moment ago may be unknown at first.
   * @param signature of the lane's key over the session id
   * @returns undefined for a lane that is unknown, pays somebody else, is not reserved for now, or did not sign
   */
  shareOf(lane: Uint8Array, sessionId: Uint8Array, signature: Uint8Array): LaneShare | undefined
  /**
   * Keeps what the lane's key signed, safe from a crash: that so many slots were served so far.
   * @param id of the lane
   * @returns for how long it is served now; undefined for no more slots than before, or a wrong signature
   * @throws if it cannot be kept
   */
  served(id: Hex, slots: number, signature: Uint8Array): Promise<LaneShare | undefined>
}

/** How a relay tells who opens a session. */
export interface Access {
  /**
   * Whether the opener shows a good token (`reserved`), none (`stranger`) or a bad one. A good token is spent by this
   * call: shown again, it is `invalid`.
   */
  classOf(token: Uint8Array): 'reserved' | 'stranger' | 'invalid'
}

/** A node's tokens for the relays of providers. */
export interface TokenSource {
  /** @returns one that was never used, and will not be given out again; undefined if there is none */
  take(provider: Hex): Uint8Array | undefined
}

/** Who takes part in a session. `senders` and `receiver` are registry indices, `provider` is an account. */
export interface SessionParties {
  readonly epoch: number
  readonly provider: Hex
  readonly receiver: number
  readonly senders: readonly number[]
}
