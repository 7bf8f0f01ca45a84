/**
 * How much a session may still forward, in IP-layer bytes. It starts with what it was granted. From its first payment on, it
 * may be ahead of what was paid for by a fixed window: so whoever stops paying owes no more than that.
 */
import { PAID_WINDOW_BYTES, PAID_WINDOW_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'

/** What a paying session may be ahead of its payments. @param rateKbps granted to the session */
export const paidWindowBytes = (rateKbps: number): number =>
  Math.max(PAID_WINDOW_BYTES, Math.floor(bytesIn(rateKbps, PAID_WINDOW_MS)))

export class Allowance {
  readonly #windowBytes: number
  #leftBytes: number
  #forwardedBytes = 0
  #isPaid = false

  constructor(grantedBytes: number, rateKbps: number) {
    this.#leftBytes = grantedBytes
    this.#windowBytes = paidWindowBytes(rateKbps)
  }

  has(bytes: number): boolean {
    return bytes <= this.#leftBytes
  }

  spend(bytes: number): void {
    this.#leftBytes -= bytes
    this.#forwardedBytes += bytes
  }

  /** Bytes that were spent and not forwarded. */
  refund(bytes: number): void {
    this.#forwardedBytes -= bytes
    this.#leftBytes += bytes
    if (this.#isPaid) this.#leftBytes = Math.min(this.#windowBytes, this.#leftBytes)
  }

  /** Bytes that were paid for, besides those before. Whoever pays in advance gets no more than the window for it. */
  pay(bytes: number): void {
    if (!this.#isPaid) this.#leftBytes = this.#windowBytes - this.#forwardedBytes
    this.#isPaid = true
    this.#leftBytes = Math.min(this.#windowBytes, this.#leftBytes + bytes)
  }
}
