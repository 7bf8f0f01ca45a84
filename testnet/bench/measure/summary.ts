/** From rows to the promised figures, and whether the promises are kept. Pure. */
import { windowMsOf } from '../../../probe/constants.js'
import type { Calibration, Cell, MeasuredSession } from '../../lab/lab.js'
import { percent } from '../figures.js'
import { median, quantile } from '../quantile.js'
import { cellName } from './grid.js'
import type { CellResult, SessionRow, ToolRow } from './results.js'

/** The promises for every cell that the harness can carry. */
const MEDIAN_ERROR = 0.01
const P95_ERROR = 0.03
const MEASURE_MS = 1000
const MIN_DISCARD_MS = 200
const DISCARD_RTTS = 4
const MAX_BYTES = 80e6
/** The receiver looks at its measurement every 10 ms, and waits 15 ms more for late arrivals. */
const LOOK_MS = 60
/**
 * A reading below the claim goes on for some windows if it would be low without one sender's data: until there are enough
 * control datagrams for a low vote.
 */
const MORE_WINDOWS = 4

/** A harness that is further off the set rate cannot tell whether a probe is right. */
const CALIBRATION_ERROR = 0.01

/** A link that let through a lower share of its rate was not kept busy: the truth is then the link's rate. */
const BUSY = 0.95

const MEASURED_OUTCOMES: readonly string[] = ['verified', 'under']

export interface Summary {
  /** of the absolute errors */
  readonly median: number
  readonly p95: number
  /** median of the errors with their sign */
  readonly bias: number
}

export function summarise(errors: readonly number[]): Summary {
  const sizes = errors.map(Math.abs)
  return { median: median(sizes), p95: quantile(sizes, 0.95), bias: median(errors) }
}

/** Why a cell's calibration says that the harness cannot carry it; null if it can. */
export function limitOf({ rateKbps }: Cell, { linkKbps, arrivedKbps }: Calibration): string | null {
  const off = (kbps: number, of: number) => Math.abs(kbps / of - 1) > CALIBRATION_ERROR
  const mbps = (kbps: number) => `${(kbps / 1000).toFixed(1)} Mbit/s`
  if (off(linkKbps, rateKbps)) return `the shaper lets ${mbps(linkKbps)} through`
  if (off(arrivedKbps, linkKbps)) return `of ${mbps(linkKbps)} past the shaper, ${mbps(arrivedKbps)} arrive`
  return null
}

export function sessionRow(session: MeasuredSession, { rttMs }: Cell, calibration: Calibration): SessionRow {
  const { outcome, startMs, haltMs, span, tookMs, backend } = session.reading
  const measurement = 'measurement' in outcome ? outcome.measurement : undefined
  const reason = 'reason' in outcome ? `: ${outcome.reason}` : ''
  const readingKbps = measurement && MEASURED_OUTCOMES.includes(outcome.kind) ? measurement.rateKbps : null
  // Data that arrived in the windows had left the link half a round trip before.
  const passedKbps = span ? session.link.rateKbps(span.fromMs - rttMs / 2, span.toMs - rttMs / 2) : 0
  const linkKbps = passedKbps < BUSY * calibration.linkKbps ? calibration.linkKbps : passedKbps
  const truthKbps = linkKbps * (1 - session.lostShare)
  return {
    outcome: outcome.kind + reason,
    backend,
    readingKbps,
    truthKbps,
    linkKbps,
    lostShare: session.lostShare,
    error: (readingKbps ?? 0) / truthKbps - 1,
    overruns: session.overruns ?? null,
    sendingMs: startMs === undefined || haltMs === undefined ? 0 : haltMs - startMs,
    seconds: tookMs / 1000,
    bytes: measurement?.receivedBytes ?? 0,
  }
}

/** The promises that a cell does not keep. */
export function shortcomings({ cell, limited, failure, sessions }: CellResult, repeat: number): string[] {
  if (limited !== null) return []
  if (failure !== null) return [failure]
  if (sessions.length < repeat) return [`${repeat - sessions.length} of ${repeat} sessions are missing`]
  const { median: error, p95 } = summarise(sessions.map(row => row.error))
  const discardMs = Math.max(MIN_DISCARD_MS, DISCARD_RTTS * cell.rttMs)
  // The start and stop messages take a round trip, in which data flow as well.
  const mostMs = discardMs + MEASURE_MS + cell.rttMs + LOOK_MS + MORE_WINDOWS * windowMsOf(cell.rateKbps)
  const sendingMs = Math.max(...sessions.map(row => row.sendingMs))
  const bytes = Math.max(...sessions.map(row => row.bytes))
  return [
    ...(error > MEDIAN_ERROR ? [`median error ${percent(error)}`] : []),
    ...(p95 > P95_ERROR ? [`P95 error ${percent(p95)}`] : []),
    ...(sendingMs > mostMs ? [`data flowed for ${Math.round(sendingMs)} ms of at most ${Math.round(mostMs)}`] : []),
    ...(bytes > MAX_BYTES ? [`${(bytes / 1e6).toFixed(0)} MB delivered`] : []),
  ]
}

export interface Verdict {
  readonly ok: boolean
  readonly line: string
}

/** @param planned number of cells; each must have been measured */
export function verdictOf(cells: readonly CellResult[], planned: number, repeat: number): Verdict {
  const limited = cells.filter(cell => cell.limited !== null)
  const failed = cells.filter(cell => shortcomings(cell, repeat).length > 0)
  const skipped = planned - cells.length
  const kept = cells.length - limited.length - failed.length
  const parts = [
    `${kept} of ${planned} cells within ${percent(MEDIAN_ERROR, 0)} in the median and ${percent(P95_ERROR, 0)} at P95`,
    ...(limited.length > 0 ? [`${limited.length} harness-limited`] : []),
    ...(skipped > 0 ? [`${skipped} not measured`] : []),
    ...(failed.length > 0 ? [`${failed.length} not: ${failed.map(({ cell }) => cellName(cell)).join('; ')}`] : []),
  ]
  const ok = failed.length === 0 && skipped === 0 && kept > 0
  return { ok, line: `${ok ? 'PASS' : 'FAIL'} measure: ${parts.join(', ')}` }
}

export const mean = (rows: readonly (SessionRow | ToolRow)[], of: 'seconds' | 'bytes'): number =>
  rows.reduce((sum, row) => sum + row[of], 0) / Math.max(1, rows.length)
