/** Counters in shared memory: the worker keeps them, and the main thread reads them at any time, without a message. */

/** How often a port's own count of overruns is copied into the counters. */
export const OVERRUNS_MS = 1000

/** An object with a number under each name, kept in `memory`. Every thread that makes one sees the same numbers. */
export function sharedCounters<Name extends string>(
  names: readonly Name[],
  memory: SharedArrayBuffer,
): Record<Name, number> {
  const values = new Float64Array(memory)
  const counters = {} as Record<Name, number>
  for (const [i, name] of names.entries()) {
    Object.defineProperty(counters, name, {
      enumerable: true,
      get: () => values[i]!,
      set: (value: number) => {
        values[i] = value
      },
    })
  }
  return counters
}

export const counterMemory = (names: readonly string[]): SharedArrayBuffer => new SharedArrayBuffer(8 * names.length)
