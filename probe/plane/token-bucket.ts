/** An exact token bucket in IP-layer bytes. It starts full, and fills at a rate up to its capacity. */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { bytesIn } from '../verdict/share.js'

/** Even a small session (of heartbeats) may send a handful of datagrams at once. */
export const MIN_BURST_BYTES = 16 * IP_DATAGRAM_BYTES

export class TokenBucket {
  readonly #rateKbps: number
  readonly #capacityBytes: number
  #tokens: number
  #filledMs: number

  constructor(rateKbps: number, capacityBytes: number, nowMs: number) {
    this.#rateKbps = rateKbps
    this.#capacityBytes = capacityBytes
    this.#tokens = capacityBytes
    this.#filledMs = nowMs
  }

  /** How many bytes the bucket holds now. */
  available(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs)
    this.#tokens = Math.min(this.#capacityBytes, this.#tokens + bytesIn(this.#rateKbps, elapsedMs))
    this.#filledMs = Math.max(this.#filledMs, nowMs)
    return this.#tokens
  }

  /** Takes all of `bytes` or nothing. @returns whether it took them */
  take(bytes: number, nowMs: number): boolean {
    if (this.available(nowMs) < bytes) return false
    this.#tokens -= bytes
    return true
  }
}
