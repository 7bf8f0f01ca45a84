/**
 * A link of a fixed rate with a short queue, in numbers: what comes in leaves after what is before it, or is dropped when
 * the queue is full. That is a token bucket whose bucket holds one datagram, and exact whenever it is asked. Pure.
 */
import { bytesIn } from '../../probe/verdict/share.js'

const QUEUE_MS = 50

export class LinkModel {
  readonly #rateKbps: number
  /** when all that is in the queue has left */
  #freeMs = Number.NEGATIVE_INFINITY

  constructor(rateKbps: number) {
    this.#rateKbps = rateKbps
  }

  /** When the last bit leaves; undefined if it is dropped. @param nowMs never goes back */
  leavesMs(bytes: number, nowMs: number): number | undefined {
    if (this.#freeMs - nowMs > QUEUE_MS) return undefined
    this.#freeMs = Math.max(this.#freeMs, nowMs) + bytes / bytesIn(this.#rateKbps, 1)
    return this.#freeMs
  }
}
