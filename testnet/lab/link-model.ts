/**
 * A model of a link with a fixed rate and a short queue: a datagram leaves after those before it, or is dropped when the
 * queue is full. The model is a token bucket that holds one datagram, and is exact at any time. Pure.
 */
import { bytesIn } from '../../probe/verdict/share.js'

const QUEUE_MS = 50

export class LinkModel {
  readonly #rateKbps: number
  /** when the queue will be empty */
  #freeMs = Number.NEGATIVE_INFINITY

  constructor(rateKbps: number) {
    this.#rateKbps = rateKbps
  }

  /** When the last bit leaves; undefined if the datagram is dropped. @param nowMs never decreases */
  leavesMs(bytes: number, nowMs: number): number | undefined {
    if (this.#freeMs - nowMs > QUEUE_MS) return undefined
    this.#freeMs = Math.max(this.#freeMs, nowMs) + bytes / bytesIn(this.#rateKbps, 1)
    return this.#freeMs
  }
}
