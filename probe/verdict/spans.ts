/** How long a reading discards and measures. Pure. */
import { MAX_DISCARD_MS, windowMsOf } from '../constants.js'

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
