/** What an operator must know of a provider, as one report after another shows it. Pure. */
import { bitCount } from '../../../verifier/core/scoring/bit-count.js'
import type { LeafJson } from '../../../verifier/evidence/schema/report.js'

export interface PendingPenalty {
  readonly epoch: number
  readonly bps: number
}

export interface Standing {
  /** of the last report */
  readonly epoch: number
  readonly scoreBps: number
  /** breaches among the last five windows that count */
  readonly breaches: number
  /** reports in a row that certified no rate, up to the last one */
  readonly unmeasured: number
  /** of reports, not taken yet, the oldest first */
  readonly penalties: readonly PendingPenalty[]
}

export type ReportedLeaf = Pick<LeafJson, 'epoch' | 'scoreBps' | 'breachBits' | 'rateKbps' | 'penaltyBps'>

/** @param before undefined for the first report that is looked at */
export function nextStanding(before: Standing | undefined, leaf: ReportedLeaf): Standing {
  const { epoch, scoreBps, breachBits, rateKbps, penaltyBps } = leaf
  const due = penaltyBps > 0 ? [{ epoch, bps: penaltyBps }] : []
  return {
    ...{ epoch, scoreBps, breaches: bitCount(breachBits) },
    unmeasured: rateKbps === null ? (before?.unmeasured ?? 0) + 1 : 0,
    penalties: [...(before?.penalties ?? []), ...due],
  }
}

/**
 * Without the penalties that the chain has taken or voided, and without those that nobody took in the evidence period: no
 * token was left to take within the week's limit.
 */
export function settled(standing: Standing, epochs: readonly number[], evidenceEpochs: number): Standing {
  const isPending = ({ epoch }: PendingPenalty) => !epochs.includes(epoch) && epoch + evidenceEpochs >= standing.epoch
  return { ...standing, penalties: standing.penalties.filter(isPending) }
}
