/** Waits that end with a signal. */
import timers from 'node:timers/promises'
import type { WallClock } from './wall-clock.js'

/**
 * Longest nap before the clock is looked at again. A timer stands still while the machine sleeps, and knows nothing of a clock
 * that is set forward: a node would wait through an hour that is over. Nor can a timer run for more than 24 days.
 */
const NAP_MS = 10_000

/** Resolves at `instantMs` of the network's clock, at once if that is past. @throws AbortError when `signal` aborts */
export async function until(instantMs: number, clock: WallClock, signal: AbortSignal): Promise<void> {
  // A timer may fire a millisecond early, and the wall clock may be set back meanwhile.
  while (instantMs > clock.nowMs()) await nap(instantMs, clock, signal)
}

/** Waits for `instantMs`, but not for long: then the clock may show another time. @throws AbortError when `signal` aborts */
export async function nap(instantMs: number, clock: WallClock, signal: AbortSignal): Promise<void> {
  const left = Math.ceil(instantMs - clock.nowMs())
  await timers.setTimeout(Math.max(0, Math.min(left, NAP_MS)), undefined, { signal })
}

/** Asks every `everyMs` until there is an answer. @throws AbortError when `signal` aborts */
export const poll = <T>(ask: () => Promise<T | undefined>, everyMs: number, signal: AbortSignal): Promise<T> =>
  pollEverLess(ask, { firstMs: everyMs, longestMs: everyMs }, signal)

export interface Pauses {
  readonly firstMs: number
  /** Each pause is twice the one before, up to this. */
  readonly longestMs: number
}

/** Asks until there is an answer: what takes long is asked for ever less often. @throws AbortError when `signal` aborts */
export async function pollEverLess<T>(
  ask: () => Promise<T | undefined>,
  { firstMs, longestMs }: Pauses,
  signal: AbortSignal,
): Promise<T> {
  for (let pauseMs = firstMs; ; pauseMs = Math.max(firstMs, Math.min(2 * pauseMs, longestMs))) {
    signal.throwIfAborted()
    const answer = await ask()
    if (answer !== undefined) return answer
    await timers.setTimeout(pauseMs, undefined, { signal })
  }
}

/** Takes a step, again and again, `everyMs` after the last one ended. Never resolves. @throws AbortError when `signal` aborts */
export async function repeat(step: () => Promise<unknown>, everyMs: number, signal: AbortSignal): Promise<never> {
  for (;;) {
    signal.throwIfAborted()
    await step()
    await timers.setTimeout(everyMs, undefined, { signal })
  }
}

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
