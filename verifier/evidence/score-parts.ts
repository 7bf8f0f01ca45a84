/** What an explanation implies, for whatever shows it. */
import { NEVER_MEASURED } from '../core/scoring/throughput.js'
import type { ExplanationJson } from './schema/explanation.js'
import type { LeafJson } from './schema/report.js'

/** T, from 0 to 1. */
export const throughputOf = ({ throughputQ32 }: Pick<LeafJson, 'throughputQ32'>): number => throughputQ32 / 2 ** 32

/** T of the previous epoch; undefined where the provider had not been measured before. */
export function throughputBefore({ previousLeaf }: ExplanationJson): number | undefined {
  if (previousLeaf === null || BigInt(previousLeaf.throughputQ32) === NEVER_MEASURED) return undefined
  return throughputOf(previousLeaf)
}

/** What this window adds to T, from 0 to 1; undefined where it has no rate. */
export const ratioOf = ({ rateKbps, claimKbps }: LeafJson): number | undefined =>
  rateKbps === null ? undefined : Math.min(1, rateKbps / claimKbps)

/** Enough votes are below the slashing threshold; yet a common failure sets no breach. */
export const isBreach = ({ belowThreshold, quorum }: ExplanationJson): boolean => belowThreshold >= quorum.needed

/** The last five windows, bit 0 this one. A penalty clears them in the leaf, so they are read as they were before that. */
export function windowBits({ leaf, previousLeaf }: ExplanationJson): number {
  return leaf.penaltyBps > 0 ? ((previousLeaf?.breachBits ?? 0) << 1) | 1 : leaf.breachBits
}
