/** How long a reading discards, measures, and how long its windows are. Pure. */
import { MAX_DISCARD_MS } from '../constants.js'

const MIN_WINDOW_MS = 50
/** A window holds about a hundred datagrams at the claim: 960 ms over the claim in Mbit/s. */
const WINDOW_MS_MBPS = 960
export const MIN_DISCARD_MS = 200
const DISCARD_RTTS = 4
const GROUP_DISCARD_MS = 500
export const MEASURE_MS = 1000

export interface FixedSpan {
  readonly discardMs: number
  readonly measureMs: number
  /** longest wait for the first arrival (default: FIRST_ARRIVAL_MS) */
  readonly waitMs?: number
  /** longest window */
  readonly windowMs?: number
}

export const discardOf = (rttMs: number, leastMs: number): number =>
  Math.min(MAX_DISCARD_MS, Math.max(leastMs, DISCARD_RTTS * rttMs))

/**
 * The span of receivers that measure at once. They have no stop rule, so their spans overlap, and each is as long as a
 * low reading must be: no member knows whether the sum is low. The discard is longer than their clocks differ.
 */
export function groupSpan(claimKbps: number, rttMs: number, yieldMs: number): FixedSpan {
  const windowMs = windowMsOf(claimKbps)
  const measureMs = Math.ceil(Math.max(MEASURE_MS, yieldMs) / windowMs) * windowMs
  return { discardMs: discardOf(rttMs, GROUP_DISCARD_MS), measureMs }
}

export const windowMsOf = (claimKbps: number): number => Math.max(MIN_WINDOW_MS, (WINDOW_MS_MBPS * 1000) / claimKbps)
