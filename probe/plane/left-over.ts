/**
 * What reserved sessions leave of the claim, for strangers. Reserved datagrams always pass and are counted; a stranger's
 * passes only if all that was forwarded lately stays within STRANGERS_FILL times the claim. So strangers add nothing to
 * a provider that already carries its claim, and never fill the link of one that can carry it.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { LIMITER_BURST_MS, STRANGERS_FILL, STRANGERS_WAIT_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'

export class LeftOver {
  #rateKbps: number
  /** what strangers may send at once; below zero if reserved sessions have sent more than the claim */
  #bytes = 0
  #atMs: number

  constructor(claimKbps: number, nowMs: number) {
    this.#rateKbps = claimKbps * STRANGERS_FILL
    this.#atMs = nowMs
  }

  /** For a claim that changed on chain. */
  setClaim(claimKbps: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#rateKbps = claimKbps * STRANGERS_FILL
  }

  /** Counts a datagram that passes. @param bytes at the IP layer @returns whether it passes */
  take(reserved: boolean, bytes: number, nowMs: number): boolean {
    this.#fill(nowMs)
    if (!reserved && this.#bytes < bytes) return false
    this.#bytes = Math.max(this.#bytes - bytes, -bytesIn(this.#rateKbps, STRANGERS_WAIT_MS))
    return true
  }

  #fill(nowMs: number): void {
    const most = Math.max(bytesIn(this.#rateKbps, LIMITER_BURST_MS), IP_DATAGRAM_BYTES)
    this.#bytes = Math.min(most, this.#bytes + bytesIn(this.#rateKbps, Math.max(0, nowMs - this.#atMs)))
    this.#atMs = Math.max(this.#atMs, nowMs)
  }
}
