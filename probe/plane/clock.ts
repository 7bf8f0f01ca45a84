/**
 * A clock of the main thread, read in the worker: both threads share the monotonic clock below it, with other zeros.
 */
import type { MonotonicClock } from '../ports.js'

const NS_PER_MS = 1e6

/**
 * The machine's monotonic clock, in milliseconds: the same number in every thread and process of the machine. The zero
 * of
 * `performance.now` differs from one thread to the next.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / NS_PER_MS

/** What a clock shows at an instant of the machine's monotonic clock, in milliseconds. */
export interface ClockAnchor {
  readonly systemMs: number
  readonly shownMs: number
}

export const anchorOf = (clock: MonotonicClock): ClockAnchor => ({ systemMs: monotonicMs(), shownMs: clock.now() })

export function clockOf(anchor: ClockAnchor): MonotonicClock {
  const offsetMs = anchor.shownMs - anchor.systemMs + monotonicMs() - performance.now()
  return { now: () => performance.now() + offsetMs }
}
