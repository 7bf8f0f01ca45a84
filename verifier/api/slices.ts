/** Work on many things, a slice at a time: the thread of the API is the one that measures and signs. */
import { setImmediate as turn } from 'node:timers/promises'

/** A slice of rows takes a few milliseconds. */
const SLICE = 1000

/** As `items.map(make)`, with a turn for the other work of the thread after each slice. */
export async function mapInSlices<T, U>(items: readonly T[], make: (item: T) => U): Promise<U[]> {
  const made: U[] = []
  for (let at = 0; at < items.length; at += SLICE) {
    for (const item of items.slice(at, at + SLICE)) made.push(make(item))
    await turn()
  }
  return made
}
