/** What an explanation implies, for whatever shows it. */
import { PRIOR } from '../core/scoring/throughput.js'
import type { ExplanationJson } from './schema/explanation.js'
import type { LeafJson } from './schema/report.js'

/** T, from 0 to 1. */
export const throughputOf = ({ throughputQ32 }: Pick<LeafJson, 'throughputQ32'>): number => throughputQ32 / 2 ** 32

export interface ThroughputParts {
  readonly sum: number
  readonly weight: number
}

/** S and N, whose quotient is T; before the first leaf those of the prior. */
export const throughputPartsOf = (leaf: LeafJson | null): ThroughputParts => ({
  sum: (leaf?.throughputSumQ32 ?? Number(PRIOR.sumQ32)) / 2 ** 32,
  weight: (leaf?.throughputWeightQ32 ?? Number(PRIOR.weightQ32)) / 2 ** 32,
})

/** What this window adds to T, from 0 to 1; undefined where it has no rate. */
export const ratioOf = ({ rateKbps, claimKbps }: LeafJson): number | undefined =>
  rateKbps === null ? undefined : Math.min(1, rateKbps / claimKbps)

/** Enough votes are below the slashing threshold; yet a common failure sets no breach. */
export const isBreach = ({ belowThreshold, quorum }: ExplanationJson): boolean => belowThreshold >= quorum.needed

/** The last five windows that count, bit 0 the last. A penalty clears them in the leaf, so they are read as they were before that. */
export function windowBits({ leaf, previousLeaf }: ExplanationJson): number {
  return leaf.penaltyBps > 0 ? ((previousLeaf?.breachBits ?? 0) << 1) | 1 : leaf.breachBits
}
