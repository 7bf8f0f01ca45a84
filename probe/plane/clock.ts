/** A clock of the main thread, read in the worker: both threads have one monotonic clock below, with other zeros. */
import type { MonotonicClock } from '../ports.js'

/** What a clock shows at an instant of the system's monotonic clock, in milliseconds. */
export interface ClockAnchor {
  readonly systemMs: number
  readonly shownMs: number
}

const systemMs = (): number => Number(process.hrtime.bigint()) / 1e6

export const anchorOf = (clock: MonotonicClock): ClockAnchor => ({ systemMs: systemMs(), shownMs: clock.now() })

export function clockOf(anchor: ClockAnchor): MonotonicClock {
  const offsetMs = anchor.shownMs - anchor.systemMs + systemMs() - performance.now()
  return { now: () => performance.now() + offsetMs }
}
