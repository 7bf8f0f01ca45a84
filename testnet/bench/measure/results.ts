/** What a run of `bench measure` finds out, as its JSON file holds it. Rates in kbit/s at the IP layer. */
import type { Calibration, Cell } from '../../lab/lab.js'

export interface SessionRow {
  /** with its reason, if it has one */
  readonly outcome: string
  /** what carried the datagrams */
  readonly backend: string
  /** null when the outcome gives none: it then counts as a reading of zero */
  readonly readingKbps: number | null
  /** what the provider's link let through in the very interval of the reading, less what the path behind it lost */
  readonly truthKbps: number
  /** the same without the path's loss */
  readonly linkKbps: number
  readonly lostShare: number
  /** reading over truth, less one */
  readonly error: number
  /** datagrams that sockets had no room for; null where nobody counts them */
  readonly overruns: { readonly provider: number; readonly receiver: number } | null
  /** from the word to start to the word to stop */
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

/** The one tool that is fed by the sessions themselves. */
export const FIRST_READING = 'first 100 ms'

export interface ToolResult {
  readonly tool: string
  readonly rows: readonly ToolRow[]
  /** why there are fewer rows than wanted */
  readonly failures: readonly string[]
}

export interface CellResult {
  readonly cell: Cell
  /** null if that failed */
  readonly calibration: Calibration | null
  /** why the harness itself cannot carry this cell; null if it can */
  readonly limited: string | null
  /** what broke off its measuring; null if nothing did */
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
