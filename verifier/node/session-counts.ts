/** How the sessions ended that this verifier received, for the metrics. */
import type { Outcome } from '../../probe/index.js'

/** failed: an error of this node ended the session, as its log says */
export type SessionEnd = Outcome['kind'] | 'failed'

export class SessionCounts {
  readonly ended: Record<SessionEnd, number> = {
    ...{ verified: 0, under: 0, 'at-least': 0, refused: 0, dead: 0, garbage: 0, 'no-path': 0, 'no-data': 0, failed: 0 },
  }
  /** at the IP layer, of the sessions that ended with a measurement */
  receivedBytes = 0

  count(outcome: Outcome): void {
    this.ended[outcome.kind]++
    if ('measurement' in outcome) this.receivedBytes += outcome.measurement.receivedBytes
  }
}
