/** The rates that lanes may still use. All sessions of a lane share one, and whoever opens the lane again finds it as it was. */
import { POLICE_BURST_MS } from '../constants.js'
import type { LaneShare } from '../ports.js'
import { bytesIn } from '../verdict/share.js'
import { MIN_BURST_BYTES, TokenBucket } from './token-bucket.js'

export interface LaneRate {
  readonly bucket: TokenBucket
  /** when the last slot is over, or must have been signed */
  untilMs: number
}

export class LaneRates {
  /** of lanes that are not over: no more than are reserved in one slot */
  readonly #rates = new Map<string, LaneRate>()

  /** For a session that was opened now, or a lane that is served for longer. */
  of({ id, kbps, leftMs }: LaneShare, nowMs: number): LaneRate {
    for (const [old, { untilMs }] of this.#rates) if (untilMs <= nowMs) this.#rates.delete(old)
    const known = this.#rates.get(id)
    if (known !== undefined) {
      known.untilMs = Math.max(known.untilMs, nowMs + leftMs)
      return known
    }
    const burstBytes = Math.max(bytesIn(kbps, POLICE_BURST_MS), MIN_BURST_BYTES)
    const rate = { bucket: new TokenBucket(kbps, burstBytes, nowMs), untilMs: nowMs + leftMs }
    this.#rates.set(id, rate)
    return rate
  }
}
