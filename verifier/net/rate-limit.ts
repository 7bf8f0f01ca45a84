/** How often somebody may do something: a bucket for each name. */
import type { MonotonicClock } from '../../probe/ports.js'

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

const SECOND_MS = 1000

export class RateLimit {
  /** when each bucket is full again; a full one needs no entry */
  readonly #fullMs = new Map<string, number>()

  constructor(private readonly clock: MonotonicClock) {}

  /** Counts one more. @returns whether there is room for it */
  take(name: string, { burst, perSecond }: Rate): boolean {
    const nowMs = this.clock.now()
    const fullMs = Math.max(this.#fullMs.get(name) ?? nowMs, nowMs) + SECOND_MS / perSecond
    if (fullMs - nowMs > (burst / perSecond) * SECOND_MS) return false
    this.#fullMs.set(name, fullMs)
    return true
  }

  /** Drops the entries that say nothing any more. */
  sweep(): void {
    const nowMs = this.clock.now()
    for (const [name, fullMs] of this.#fullMs) if (fullMs <= nowMs) this.#fullMs.delete(name)
  }
}
