/** The result of `bench justice`, as in its JSON file. Rates are shares of the claim. */
import type { CellClass } from './cells.js'

/** What one receiver votes, after one try or two. */
export interface JusticeRow {
  readonly outcome: string
  /** outcome of the first try; null if one try was enough */
  readonly first: string | null
  /** of an outcome that has one */
  readonly reason: string | null
  /** null without a reading */
  readonly reading: number | null
  /** what passed the line while the reading was taken; null without a reading */
  readonly passed: number | null
  readonly megabytes: number
  readonly seconds: number
  /** the longest pause of the harness while data flowed */
  readonly lagMs: number
  /** share of that time in which the harness stood still */
  readonly pausedShare: number
  /** whether the provider's own monitor said that its line did not keep the claim; null if nobody looked */
  readonly warned: boolean | null
}

export interface CellResult {
  readonly name: string
  readonly class: CellClass
  /** mean rate that the line leaves to the provider; null for a wide line */
  readonly mean: number | null
  readonly rows: readonly JusticeRow[]
  /** sessions that were repeated, since the harness stood still or failed */
  readonly starved: number
  /** the last error of the harness; null if there was none */
  readonly failure: string | null
  /** why the cell cannot run on this machine; null if it can */
  readonly unavailable: string | null
}

/** So many sessions of the control cell at once: the lowest reading, and how many starved. */
export interface CalibrationStep {
  readonly parallel: number
  readonly lowest: number
  readonly starved: number
  readonly ok: boolean
}

export interface JusticeResult {
  readonly bench: 'justice'
  readonly date: string
  readonly machine: string
  readonly seed: string
  readonly claimKbps: number
  readonly sessions: number
  readonly calibration: readonly CalibrationStep[]
  readonly parallel: number
  readonly cells: readonly CellResult[]
  /** datagrams for which a socket had no room, after the calibration; null if nobody counts them */
  readonly overruns: number | null
  /** of the workers, after the calibration */
  readonly cpuSeconds: number
  /** after the calibration */
  readonly minutes: number
  readonly ok: boolean
  readonly verdict: string
}
