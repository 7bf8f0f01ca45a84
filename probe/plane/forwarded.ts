/** What a session has forwarded since its last receipt: how much, and the hash over all of it in order. */
import { createHash } from 'node:crypto'
import { DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'
import { RECEIPT_BYTES, RECEIPT_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'

/** Gathered to this much before it is hashed: a call a datagram would cost as much as the hash. */
const GATHERED_BYTES = 16 * DATAGRAM_BYTES

/** What a receipt says of the forwarded data. */
export interface ForwardedPart {
  /** SHA-256 of what was forwarded since the last receipt */
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

  /** @param rateKbps what the session was granted */
  constructor(rateKbps: number) {
    this.#step = Math.max(RECEIPT_BYTES, bytesIn(rateKbps, RECEIPT_MS))
  }

  /** @returns whether a receipt is due */
  add(datagram: Uint8Array): boolean {
    if (this.#filled + datagram.length > GATHERED_BYTES) this.#hashGathered()
    this.#gathered.set(datagram, this.#filled)
    this.#filled += datagram.length
    this.#bytes += datagram.length + IP_UDP_HEADER_BYTES
    return this.#bytes - this.#receiptedBytes >= this.#step
  }

  /** For all that was forwarded since the last; undefined if that is nothing. */
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
