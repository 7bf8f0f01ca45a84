/**
 * What a tunnel's streams carry, in bytes of the connections themselves, and how far they may go: before the first payment
 * as far as a small credit, then ahead of the payments by a window. Beyond that, streams wait. Nothing is lost.
 */
import { Transform } from 'node:stream'

/** That a tunnel may carry before its first payment. Whoever opens tunnels for it finds few bytes in each. */
export const CREDIT_BYTES = 256 * 1024
/** A client pays for what its applications have read. They may leave unread what QUIC's windows hold (quiche.ts). */
export const LEAST_WINDOW_BYTES = 16 * 2 ** 20
export const MOST_WINDOW_BYTES = 48 * 2 ** 20
/** Of what a tunnel has paid: so whoever pays little owes little. */
const WINDOW_PARTS = 2
/** Bytes that passed the meter may be lost when a destination breaks a connection. They stay unpaid. */
const LOST_PARTS = 20
const MAX_PIECE_BYTES = 64 * 1024

/** How far a tunnel may be ahead of what it has paid. */
export function windowBytes(paidBytes: number): number {
  if (paidBytes === 0) return CREDIT_BYTES
  const unreadBytes = Math.min(MOST_WINDOW_BYTES, Math.max(LEAST_WINDOW_BYTES, paidBytes / WINDOW_PARTS))
  return unreadBytes + paidBytes / LOST_PARTS
}

export class Meter {
  readonly #onBytes: () => void
  #carriedBytes = 0
  #paidBytes = 0
  #waiting = new Set<() => void>()

  /** @param onBytes is called when bytes were carried, or cannot be before a payment */
  constructor(onBytes: () => void) {
    this.#onBytes = onBytes
  }

  get carriedBytes(): number {
    return this.#carriedBytes
  }

  get paidBytes(): number {
    return this.#paidBytes
  }

  /** Whether streams wait for a payment. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  pay(bytes: number): void {
    this.#paidBytes += bytes
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const proceed of waiting) proceed()
  }

  /** A stream between the two ends of a connection, in one direction. */
  gate(): Transform {
    let proceed = () => {}
    return new Transform({
      highWaterMark: MAX_PIECE_BYTES,
      transform: (bytes: Buffer, _encoding, done) => {
        proceed = () => {
          // The window is larger than every piece, so whoever pays gets on.
          const mayGo = Math.min(bytes.length, MAX_PIECE_BYTES) <= this.#leftBytes
          if (mayGo) this.#carriedBytes += bytes.length
          else this.#waiting.add(proceed)
          this.#onBytes()
          if (mayGo) done(null, bytes)
        }
        proceed()
      },
      destroy: (error, done) => {
        this.#waiting.delete(proceed)
        done(error)
      },
    })
  }

  get #leftBytes(): number {
    return this.#paidBytes + windowBytes(this.#paidBytes) - this.#carriedBytes
  }
}
