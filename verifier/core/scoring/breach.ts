/**
 * From breaches to a penalty: three breaches in the last five windows that count. A window counts if it shows whether the
 * provider serves: a breach counts, and so does a window that certified a rate at or above the slashing threshold. Any other
 * window leaves the breaches where they are: else a provider could wait for two breaches to be forgotten while nobody can
 * measure it, for instance by a claim that is too large for the network (docs/adr/0027).
 */
import type { Leaf } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { bitCount } from './bit-count.js'
import { isBelowThreshold } from './slashing-threshold.js'
import type { MeasuredRate } from './throughput.js'

/** Windows in which breaches are counted. */
export const BREACH_WINDOWS = 5
const WINDOW_MASK = (1 << BREACH_WINDOWS) - 1
const BREACHES_FOR_PENALTY = 3

/** What the last penalty left: bit 0 is the last window that counts, and bit i the i-th before. */
export type HeldBreaches = Pick<Leaf, 'breachBits' | 'breachPenaltyBps'>

/** What a window says about breaches. */
export interface BreachWindow {
  /** undefined if the provider was unmeasured */
  readonly measured: MeasuredRate | undefined
  readonly breach: boolean
}

export interface BreachState extends HeldBreaches {
  /** of the stake; 0 for none */
  readonly penaltyBps: number
}

/**
 * A penalty is that of the worst breach since none was held: else a provider could serve nobody in two windows, and make the
 * third breach a tiny one, by its rate or by another claim. A penalty clears the breaches that led to it.
 */
export function nextBreachState(
  held: HeldBreaches,
  { measured, breach }: BreachWindow,
  params: Pick<NetworkParams, 'breachBps' | 'maxPenaltyBps'>,
): BreachState {
  const { rateKbps = 0, claimKbps = 0 } = measured ?? {}
  const isKept = measured !== undefined && !isBelowThreshold(rateKbps, claimKbps, params.breachBps)
  const counts = breach || isKept
  const breachBits = ((held.breachBits << (counts ? 1 : 0)) | (breach ? 1 : 0)) & WINDOW_MASK
  if (breachBits === 0) return { ...NO_BREACH, penaltyBps: 0 }
  const breachPenaltyBps = Math.max(held.breachPenaltyBps, breach ? penaltyBps(rateKbps, claimKbps, params) : 0)
  if (bitCount(breachBits) < BREACHES_FOR_PENALTY) return { breachBits, breachPenaltyBps, penaltyBps: 0 }
  return { ...NO_BREACH, penaltyBps: breachPenaltyBps }
}

export const NO_BREACH: HeldBreaches = { breachBits: 0, breachPenaltyBps: 0 }

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
