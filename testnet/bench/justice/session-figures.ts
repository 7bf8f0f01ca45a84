/** What the bench keeps of one session. */
import type { Outcome } from '../../../probe/index.js'

export interface SessionFigures {
  readonly outcome: Outcome
  /** past the line, while the reading was taken; undefined if nobody counted */
  readonly passedKbps: number | undefined
  /** the longest pause of the harness while data flowed */
  readonly lagMs: number
  /** share of that time in which the harness stood still */
  readonly pausedShare: number
  readonly tookMs: number
  /** whether the provider's own monitor said that its line did not keep the claim; undefined if nobody looked */
  readonly warned: boolean | undefined
}
