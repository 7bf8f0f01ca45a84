/** The datagrams that a session has forwarded since its last receipt: their bytes, and the hash over them in order. */
import { createHash } from 'node:crypto'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import { RECEIPT_BYTES, RECEIPT_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'

/** Datagrams are gathered up to this much and then hashed: one call per datagram would cost as much as the hash. */
const GATHERED_BYTES = 16 * DATAGRAM_BYTES

/** What a receipt says about the forwarded data. */
export interface ForwardedPart {
  /** SHA-256 of the datagrams since the last receipt */
  readonly root: Uint8Array
  /** of the session so far, at the IP layer */
  readonly bytes: number
}

export class Forwarded {
  /** bytes from one receipt to the next */
  readonly #step: number
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES)
  #filled = 0
  #hash = createHash('sha256')
  #bytes = 0
  #receiptedBytes = 0

  /** @param rateKbps granted to the session. @param headerBytes that the IP layer adds to each datagram */
  constructor(
    rateKbps: number,
    private readonly headerBytes: number,
  ) {
    this.#step = Math.max(RECEIPT_BYTES, bytesIn(rateKbps, RECEIPT_MS))
  }

  /** @returns whether a receipt is due */
  add(datagram: Uint8Array): boolean {
    if (this.#filled + datagram.length > GATHERED_BYTES) this.#hashGathered()
    this.#gathered.set(datagram, this.#filled)
    this.#filled += datagram.length
    this.#bytes += datagram.length + this.headerBytes
    return this.#bytes - this.#receiptedBytes >= this.#step
  }

  /** @returns the part since the last receipt, or undefined if nothing was forwarded since */
  next(): ForwardedPart | undefined {
    if (this.#bytes === this.#receiptedBytes) return undefined
    this.#hashGathered()
    const root = new Uint8Array(this.#hash.digest())
    this.#hash = createHash('sha256')
    this.#receiptedBytes = this.#bytes
    return { root, bytes: this.#bytes }
  }

  #hashGathered(): void {
    this.#hash.update(this.#gathered.subarray(0, this.#filled))
    this.#filled = 0
  }
}
