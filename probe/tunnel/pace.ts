/** Keeps what one end sends on a leg to the rate that the provider granted. Bytes are of the IP layer. */
import { DATAGRAM_BYTES, IPV6_UDP_HEADER_BYTES } from '../../proto/datagram.js'
import { PACE_BURST_DATAGRAMS, PACE_BURST_MS, PACE_SHARE } from './constants.js'

/** A full datagram with either kind of headers. */
export const FULL_IP_BYTES = DATAGRAM_BYTES + IPV6_UDP_HEADER_BYTES

export class Pace {
  /** One kbit/s is one bit in a millisecond. */
  readonly #bytesPerMs: number
  readonly #mostBytes: number
  #bytes: number
  #filledMs: number

  constructor(rateKbps: number, nowMs: number) {
    this.#bytesPerMs = (PACE_SHARE * rateKbps) / 8
    this.#mostBytes = Math.max(this.#bytesPerMs * PACE_BURST_MS, PACE_BURST_DATAGRAMS * FULL_IP_BYTES)
    this.#bytes = this.#mostBytes
    this.#filledMs = nowMs
  }

  /** How long until a full datagram may go, ms; 0 for now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs)
    return Math.max(0, (FULL_IP_BYTES - this.#bytes) / this.#bytesPerMs)
  }

  /** Counts what was sent. Pings are sent in any case, and what follows then waits longer. */
  spend(bytes: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#bytes -= bytes
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#filledMs)
    this.#bytes = Math.min(this.#mostBytes, this.#bytes + this.#bytesPerMs * passedMs)
    this.#filledMs = Math.max(this.#filledMs, nowMs)
  }
}
