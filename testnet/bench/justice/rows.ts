/** From a session's outcome to its row. Pure. */
import type { Outcome } from '../../../probe/index.js'
import type { JusticeRow } from './result.js'

export interface SessionFigures {
  readonly outcome: Outcome
  /** past the line, while the reading was taken; undefined if nobody counted */
  readonly passedKbps: number | undefined
  /** the longest pause of the harness while data flowed */
  readonly lagMs: number
  /** share of that time in which the harness stood still */
  readonly pausedShare: number
  readonly tookMs: number
}

export function rowOf(
  { outcome, passedKbps, lagMs, pausedShare, tookMs }: SessionFigures,
  claimKbps: number,
): JusticeRow {
  const measurement = 'measurement' in outcome ? outcome.measurement : undefined
  return {
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : null,
    reading: measurement ? measurement.rateKbps / claimKbps : null,
    passed: measurement && passedKbps !== undefined ? passedKbps / claimKbps : null,
    megabytes: (measurement?.receivedBytes ?? 0) / 1e6,
    seconds: tookMs / 1000,
    lagMs,
    pausedShare,
  }
}
