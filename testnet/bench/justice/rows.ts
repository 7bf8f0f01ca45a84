/** From the outcome of a receiver's tries to a row. Pure. */
import type { JusticeRow } from './result.js'
import type { Tries } from './tries.js'

export function rowOf({ voted, first }: Tries, claimKbps: number): JusticeRow {
  const { outcome, passedKbps, lagMs, pausedShare, tookMs, warned = null } = voted
  const measurement = 'measurement' in outcome ? outcome.measurement : undefined
  return {
    outcome: outcome.kind,
    first: first?.outcome.kind ?? null,
    reason: 'reason' in outcome ? outcome.reason : null,
    reading: measurement ? measurement.rateKbps / claimKbps : null,
    passed: measurement && passedKbps !== undefined ? passedKbps / claimKbps : null,
    megabytes: (measurement?.receivedBytes ?? 0) / 1e6,
    seconds: tookMs / 1000,
    lagMs,
    pausedShare,
    warned,
  }
}
