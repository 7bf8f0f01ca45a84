/** Readings of modelled links, in simulated time. */
import { IP_DATAGRAM_BYTES } from '../../../../proto/datagram.js'
import { type Estimate, Estimator, type EstimatorOptions } from '../../estimator.js'
import { shareKbps } from '../../share.js'
import type { Link } from './links.js'

export const CLAIM_KBPS = 20_000
export const THRESHOLD_KBPS = 0.75 * CLAIM_KBPS
const LONGEST_MS = 12_000

export interface Reading extends Estimate {
  /** end of the discard */
  readonly sinceMs: number
  readonly endMs: number
  /** when the datagrams that arrived were sent and arrived, from the start */
  readonly transits: { readonly sentMs: readonly number[]; readonly arrivedMs: readonly number[] }
}

export interface SessionOptions extends Partial<EstimatorOptions> {
  /** when control datagrams suffice (default: 1500 ms) */
  readonly controlMs?: number
  /** the link has carried other traffic for so long when the session starts (default: 4000 ms) */
  readonly beforeMs?: number
}

/** What a receiver reads of a link, if its senders offer m · claim. */
export function read(link: Link, { controlMs = 1500, beforeMs = 4000, ...options }: SessionOptions = {}): Reading {
  const estimator = new Estimator(0, {
    ...{ claimKbps: CLAIM_KBPS, thresholdKbps: THRESHOLD_KBPS, rttMs: 20, yieldMs: 4000 },
    ...options,
  })
  const gapMs = (IP_DATAGRAM_BYTES * 8) / (3 * shareKbps(CLAIM_KBPS, 3))
  const sentMs: number[] = []
  const arrivedMs: number[] = []
  let pending: { sent: number; arrived: number }[] = []
  let nextMs = 0
  for (let lookMs = 10; lookMs < LONGEST_MS; lookMs += 10) {
    for (; nextMs < lookMs; nextMs += gapMs) {
      const leaves = link(IP_DATAGRAM_BYTES, beforeMs + nextMs)
      if (leaves !== undefined) pending.push({ sent: nextMs, arrived: leaves - beforeMs + 10 })
    }
    const due = pending.filter(({ arrived }) => arrived <= lookMs).sort((a, b) => a.arrived - b.arrived)
    pending = pending.filter(({ arrived }) => arrived > lookMs)
    for (const { sent, arrived } of due) {
      sentMs.push(sent)
      arrivedMs.push(arrived)
      estimator.push(arrived, IP_DATAGRAM_BYTES)
    }
    if (estimator.isDone(lookMs - 15, lookMs > controlMs))
      return { ...estimator.result(), sinceMs: estimator.sinceMs, endMs: lookMs, transits: { sentMs, arrivedMs } }
  }
  throw new Error('the estimator never ended')
}
