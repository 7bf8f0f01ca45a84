/**
 * How much of a paced stream is due, by the monotonic clock, however late one looks. A sender that was held up catches
 * up at twice its rate. It gives up the datagrams that are too late and logs them as blocked, so that nobody blames the
 * provider. Pure.
 */
import { BURST_MS, CATCH_UP_MS, CATCH_UP_SPEED } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
import { TokenBucket } from './token-bucket.js'

export interface PacerOptions {
  /** of one datagram, at the IP layer */
  readonly datagramBytes: number
  readonly rateKbps: number
  /** ends by itself after this */
  readonly durationMs: number
  readonly maxDatagrams: number
  readonly startMs: number
}

export class Pacer {
  readonly #options: PacerOptions
  readonly #datagramsPerMs: number
  readonly #burst: TokenBucket
  #sent = 0
  #forgone = 0

  constructor(options: PacerOptions) {
    this.#options = options
    const { datagramBytes, rateKbps, startMs } = options
    this.#datagramsPerMs = bytesIn(rateKbps, 1) / datagramBytes
    const burstBytes = Math.max(bytesIn(rateKbps, BURST_MS), datagramBytes)
    this.#burst = new TokenBucket(CATCH_UP_SPEED * rateKbps, burstBytes, startMs)
  }

  isOver(nowMs: number): boolean {
    const { startMs, durationMs, maxDatagrams } = this.#options
    return nowMs - startMs >= durationMs || this.#sent >= maxDatagrams
  }

  /** Gives up the datagrams that are too late to catch up on. @returns how many, for the log entry `blocked` */
  forgo(nowMs: number): number {
    const excess = Math.max(0, this.#behind(nowMs) - Math.ceil(CATCH_UP_MS * this.#datagramsPerMs))
    this.#forgone += excess
    return excess
  }

  /** How many datagrams may be sent now. */
  due(nowMs: number): number {
    const burst = Math.floor(this.#burst.available(nowMs) / this.#options.datagramBytes)
    return Math.max(0, Math.min(this.#behind(nowMs), burst, this.#options.maxDatagrams - this.#sent))
  }

  sent(datagrams: number, nowMs: number): void {
    this.#sent += datagrams
    this.#burst.take(datagrams * this.#options.datagramBytes, nowMs)
  }

  /** When the next datagram is due, if all earlier ones have been sent. */
  nextMs(): number {
    return this.#options.startMs + (this.#sent + this.#forgone) / this.#datagramsPerMs
  }

  #behind(nowMs: number): number {
    const elapsedMs = nowMs - this.#options.startMs
    return Math.floor(elapsedMs * this.#datagramsPerMs) + 1 - this.#sent - this.#forgone
  }
}
