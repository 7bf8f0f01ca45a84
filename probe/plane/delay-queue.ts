/**
 * Items that wait for their time, released in the order of their times, to a millisecond. One timer serves them all.
 */

const TICK_MS = 1

export class DelayQueue<Item extends { readonly dueMs: number }> {
  /** ascending by time; the items before `#first` have been released */
  #waiting: Item[] = []
  #first = 0
  #timer: NodeJS.Timeout | undefined
  readonly #now: () => number
  readonly #release: (item: Item) => void

  /** @param now on the clock of the items' times */
  constructor(now: () => number, release: (item: Item) => void) {
    this.#now = now
    this.#release = release
  }

  add(item: Item): void {
    let at = this.#waiting.length
    // Nearly always an item is due after all others, so the search starts at the end.
    while (at > this.#first && this.#waiting[at - 1]!.dueMs > item.dueMs) at--
    this.#waiting.splice(at, 0, item)
    this.#timer ??= setTimeout(() => this.#run(), TICK_MS)
  }

  /** Drops all that waits. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#first = 0
  }

  #run(): void {
    const nowMs = this.#now()
    while (this.#first < this.#waiting.length && this.#waiting[this.#first]!.dueMs <= nowMs) {
      this.#release(this.#waiting[this.#first++]!)
    }
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting.splice(0, this.#first)
      this.#first = 0
    }
    this.#timer = this.#waiting.length > this.#first ? setTimeout(() => this.#run(), TICK_MS) : undefined
  }
}
