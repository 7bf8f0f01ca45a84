/** Work on many things, a slice at a time: the thread of the API is the one that measures and signs. */
import { setImmediate as turn } from 'node:timers/promises'

/** As `items.map(make)`, with a turn for the other work of the thread after each `size` of them. */
export async function mapInSlices<T, U>(items: readonly T[], make: (item: T) => U, size: number): Promise<U[]> {
  const made: U[] = []
  for (let at = 0; at < items.length; at += size) {
    for (const item of items.slice(at, at + size)) made.push(make(item))
    await turn()
  }
  return made
}
