/** How much a session has forwarded, and when its next receipt is due. */
import { RECEIPT_BYTES, RECEIPT_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'

export class Forwarded {
  /** bytes from one receipt to the next */
  readonly #step: number
  #bytes = 0
  #receiptedBytes = 0

  /** @param rateKbps granted to the session. @param headerBytes that the IP layer adds to each datagram */
  constructor(
    rateKbps: number,
    private readonly headerBytes: number,
  ) {
    this.#step = Math.max(RECEIPT_BYTES, bytesIn(rateKbps, RECEIPT_MS))
  }

  /** @param length of a datagram. @returns whether a receipt is due */
  add(length: number): boolean {
    this.#bytes += length + this.headerBytes
    return this.#bytes - this.#receiptedBytes >= this.#step
  }

  /** @returns the bytes of the session so far, at the IP layer; undefined if nothing was forwarded since the last receipt */
  next(): number | undefined {
    if (this.#bytes === this.#receiptedBytes) return undefined
    this.#receiptedBytes = this.#bytes
    return this.#bytes
  }
}
