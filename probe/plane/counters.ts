/** Counters in shared memory: the worker keeps them, and the main thread reads them at any time, without a message. */

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
