/**
 * Whether the line behind the relay kept the claim while sessions asked for it. The relay sees what it sends on, and
 * receivers counter-sign how much of that arrived. So whatever else the household sends at that time shows. Pure.
 */
import type { RelayStats } from '../../probe/plane/relay-stats.js'
import { IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'

/** How often the relay's counters are looked at. */
export const LOOK_MS = 250
/** One reading covers this long: a session, and the receipts that come after it. */
export const READING_MS = 30_000
/** With less time at the claim, a reading says nothing. */
const LEAST_BUSY_MS = 500
/** A receiver counts no datagram after it has seen enough. So the end of each session lowers a reading by a few per cent. */
const KEPT_SHARE = 0.9

export type Counters = Pick<RelayStats, 'forwarded' | 'forwardedBytes' | 'counterSignedBytes' | 'receiptedBytes'>

/** Rates in kbit/s at the IP layer. */
export interface Reading {
  readonly claimKbps: number
  /** mean of what the relay sent on, while that was at least the claim */
  readonly forwardedKbps: number
  /** the part of it that arrived */
  readonly deliveredKbps: number
  readonly kept: boolean
}

export class Headroom {
  readonly #claimKbps: () => number
  #last: { readonly ms: number; readonly counters: Counters } | undefined
  #begun: { readonly ms: number; readonly counters: Counters } | undefined
  #busyMs = 0
  #busyBytes = 0
  /** readings so far, and those in which the claim was not kept */
  readonly counts = { readings: 0, missed: 0 }
  latest: Reading | undefined

  constructor(claimKbps: () => number) {
    this.#claimKbps = claimKbps
  }

  /** @returns a reading, if one has just been completed */
  look(
    { forwarded, forwardedBytes, counterSignedBytes, receiptedBytes }: Counters,
    nowMs: number,
  ): Reading | undefined {
    const now = { ms: nowMs, counters: { forwarded, forwardedBytes, counterSignedBytes, receiptedBytes } }
    const before = this.#last
    this.#last = now
    this.#begun ??= now
    if (before === undefined || nowMs <= before.ms) return undefined
    const bytes = ipBytes(now.counters) - ipBytes(before.counters)
    const ms = nowMs - before.ms
    if ((bytes * 8) / ms >= this.#claimKbps()) {
      this.#busyMs += ms
      this.#busyBytes += bytes
    }
    return nowMs - this.#begun.ms < READING_MS ? undefined : this.finish()
  }

  /** Ends the reading with the last look. @returns undefined if it says nothing */
  finish(): Reading | undefined {
    const [now, begun] = [this.#last, this.#begun]
    if (now === undefined || begun === undefined) return undefined
    const reading = this.#read(now.counters, begun.counters)
    this.#begun = now
    this.#busyMs = 0
    this.#busyBytes = 0
    return reading
  }

  #read(now: Counters, begun: Counters): Reading | undefined {
    const receipted = now.receiptedBytes - begun.receiptedBytes
    if (this.#busyMs < LEAST_BUSY_MS || receipted <= 0) return undefined
    const arrivedShare = Math.min(1, (now.counterSignedBytes - begun.counterSignedBytes) / receipted)
    const claimKbps = this.#claimKbps()
    const forwardedKbps = Math.round((this.#busyBytes * 8) / this.#busyMs)
    const deliveredKbps = Math.round(forwardedKbps * arrivedShare)
    const reading = { claimKbps, forwardedKbps, deliveredKbps, kept: deliveredKbps >= KEPT_SHARE * claimKbps }
    this.counts.readings++
    if (!reading.kept) this.counts.missed++
    this.latest = reading
    return reading
  }
}

const ipBytes = ({ forwarded, forwardedBytes }: Counters): number => forwardedBytes + forwarded * IP_UDP_HEADER_BYTES
