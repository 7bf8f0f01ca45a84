/**
 * Things that wait, in one line for each peer. The peers take turns, so that however much waits of one peer, the first thing
 * of another waits for one of each peer at the most.
 */
export class Turns<T> {
  /** the peer whose turn is next stands first; no line is empty */
  readonly #lines = new Map<string, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(peer: string, item: T): void {
    this.#size++
    const line = this.#lines.get(peer)
    if (line) line.push(item)
    else this.#lines.set(peer, [item])
  }

  /** The next item; undefined if nothing waits. Those of one peer come in the order in which they were added. */
  take(): T | undefined {
    for (const [peer, line] of this.#lines) {
      const item = line.shift()
      this.#size--
      this.#lines.delete(peer)
      if (line.length > 0) this.#lines.set(peer, line)
      return item
    }
    return undefined
  }
}
