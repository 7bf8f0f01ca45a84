/**
 * What a tunnel's streams carry, in bytes of the connections themselves, and how far they may go: before the first payment
 * as far as a small credit, then ahead of the payments by the relay's window. Beyond that, streams wait. Nothing is lost.
 */
import { Transform } from 'node:stream'
import { Allowance } from '../../probe/plane/allowance.js'

/** That a tunnel may carry before its first payment. Whoever opens tunnels for it finds few bytes in each. */
export const CREDIT_BYTES = 256 * 1024
/** An exit has no granted rate: the window is its least. */
const NO_RATE_KBPS = 0
const MAX_PIECE_BYTES = 64 * 1024

export class Meter {
  readonly #allowance = new Allowance(CREDIT_BYTES, NO_RATE_KBPS)
  readonly #onBytes: (carriedBytes: number, waits: boolean) => void
  #carriedBytes = 0
  #paidBytes = 0
  #waiting: (() => void)[] = []

  /** @param onBytes hears of all bytes that were carried so far, and whether streams wait for a payment now */
  constructor(onBytes: (carriedBytes: number, waits: boolean) => void) {
    this.#onBytes = onBytes
  }

  get carriedBytes(): number {
    return this.#carriedBytes
  }

  get paidBytes(): number {
    return this.#paidBytes
  }

  pay(bytes: number): void {
    this.#allowance.pay(bytes)
    this.#paidBytes += bytes
    const waiting = this.#waiting
    this.#waiting = []
    for (const proceed of waiting) proceed()
  }

  /** A stream between the two ends of a connection, in one direction. */
  gate(): Transform {
    return new Transform({
      highWaterMark: MAX_PIECE_BYTES,
      transform: (bytes: Buffer, _encoding, done) => {
        const proceed = () => {
          // The window is larger than every piece, so whoever pays gets on.
          if (!this.#allowance.has(Math.min(bytes.length, MAX_PIECE_BYTES))) {
            this.#waiting.push(proceed)
            this.#onBytes(this.#carriedBytes, true)
            return
          }
          this.#allowance.spend(bytes.length)
          this.#carriedBytes += bytes.length
          this.#onBytes(this.#carriedBytes, false)
          done(null, bytes)
        }
        proceed()
      },
    })
  }
}
