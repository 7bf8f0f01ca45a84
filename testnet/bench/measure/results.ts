/** The result of `bench measure`, as in its JSON file. Rates in kbit/s at the IP layer. */
import type { Calibration, Cell } from '../../lab/lab.js'

export interface SessionRow {
  /** with the reason, if there is one */
  readonly outcome: string
  /** the backend that carried the datagrams */
  readonly backend: string
  /** null if the outcome has no reading, which counts as a reading of zero */
  readonly readingKbps: number | null
  /** the rate past the provider's link in the interval of the reading, less the loss of the path behind the link */
  readonly truthKbps: number
  /** the same without the path's loss */
  readonly linkKbps: number
  readonly lostShare: number
  /** reading / truth − 1 */
  readonly error: number
  /** datagrams for which sockets had no room; null if nobody counts them */
  readonly overruns: { readonly provider: number; readonly receiver: number } | null
  /** from the start message to the stop message */
  readonly sendingMs: number
  /** from the first invitation to the outcome */
  readonly seconds: number
  /** delivered */
  readonly bytes: number
}

export interface ToolRow {
  readonly readingKbps: number
  readonly truthKbps: number
  readonly error: number
  readonly seconds: number
  readonly bytes: number
}

/** The only tool that reads the sessions themselves. */
export const FIRST_READING = 'first 100 ms'

export interface ToolResult {
  readonly tool: string
  readonly rows: readonly ToolRow[]
  /** why there are fewer rows than wanted */
  readonly failures: readonly string[]
}

export interface CellResult {
  readonly cell: Cell
  /** null if the calibration failed */
  readonly calibration: Calibration | null
  /** why the harness itself cannot carry this cell; null if it can */
  readonly limited: string | null
  /** the error that ended the measuring of the cell; null if there was none */
  readonly failure: string | null
  readonly sessions: readonly SessionRow[]
  readonly tools: readonly ToolResult[]
}

export interface MeasureResult {
  readonly bench: 'measure'
  readonly date: string
  readonly machine: string
  readonly lab: string
  readonly claimFactor: number
  readonly cells: readonly CellResult[]
  readonly minutes: number
  readonly ok: boolean
  readonly verdict: string
}
