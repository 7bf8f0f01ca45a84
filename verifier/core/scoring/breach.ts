/**
 * From breaches to a penalty: three breaches in the last five windows. An epoch without a report is no window. A window
 * in which nobody measured the provider has no breach: nobody saw one, and being unmeasured costs throughput score and
 * rewards anyway.
 */
import type { NetworkParams } from '../../../proto/params.js'
import { bitCount } from './bit-count.js'

/** Windows in which breaches are counted. */
export const BREACH_WINDOWS = 5
const WINDOW_MASK = (1 << BREACH_WINDOWS) - 1
const BREACHES_FOR_PENALTY = 3

export interface BreachState {
  /** bit 0 this window, bit i the i-th before */
  readonly breachBits: number
  /** of the stake; 0 for none */
  readonly penaltyBps: number
}

/** A penalty clears the breaches that led to it. */
export function nextBreachState(
  previousBits: number,
  breach: boolean,
  rateKbps: number,
  claimKbps: number,
  params: Pick<NetworkParams, 'breachBps' | 'maxPenaltyBps'>,
): BreachState {
  const breachBits = ((previousBits << 1) & WINDOW_MASK) | (breach ? 1 : 0)
  if (bitCount(breachBits) < BREACHES_FOR_PENALTY) return { breachBits, penaltyBps: 0 }
  return { breachBits: 0, penaltyBps: penaltyBps(rateKbps, claimKbps, params) }
}

/**
 * maxPenalty · (threshold − rate/claim) / threshold: zero at the slashing threshold, and maxPenalty at rate 0. Rounded
 * down, but below the threshold at least one basis point.
 */
export function penaltyBps(
  rateKbps: number,
  claimKbps: number,
  { breachBps, maxPenaltyBps }: Pick<NetworkParams, 'breachBps' | 'maxPenaltyBps'>,
): number {
  const threshold = BigInt(breachBps) * BigInt(claimKbps)
  const shortfall = threshold - 10_000n * BigInt(rateKbps)
  if (shortfall <= 0n) return 0
  return Math.max(1, Number((BigInt(maxPenaltyBps) * shortfall) / threshold))
}
