/** An exact token bucket in IP-layer bytes: fills at a rate, holds so much, and starts full. */
import { bytesIn } from '../verdict/share.js'

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

  /** How many bytes could be taken now. */
  available(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs)
    this.#tokens = Math.min(this.#capacityBytes, this.#tokens + bytesIn(this.#rateKbps, elapsedMs))
    this.#filledMs = Math.max(this.#filledMs, nowMs)
    return this.#tokens
  }

  /** Takes all of `bytes` or nothing. */
  take(bytes: number, nowMs: number): boolean {
    if (this.available(nowMs) < bytes) return false
    this.#tokens -= bytes
    return true
  }
}
