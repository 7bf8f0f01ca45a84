/** Runs thousands of actions a second, each when it is due, to a millisecond; a timer for each would be too many. */
import { monotonicMs } from './monotonic.js'

const TICK_MS = 1
/** Entries that are done are forgotten once there are so many. */
const COMPACT = 4096

interface Entry {
  readonly dueMs: number
  readonly act: () => void
}

export class DelayLine {
  #entries: Entry[] = []
  #done = 0
  #timer: NodeJS.Timeout | undefined

  put(dueMs: number, act: () => void): void {
    let at = this.#entries.length
    // Almost always the last place; an entry from another source may be due earlier.
    while (at > this.#done && this.#entries[at - 1]!.dueMs > dueMs) at--
    this.#entries.splice(at, 0, { dueMs, act })
    this.#timer ??= setTimeout(() => this.#run(), TICK_MS)
  }

  /** Forgets everything that waits. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#entries = []
    this.#done = 0
  }

  #run(): void {
    this.#timer = undefined
    const nowMs = monotonicMs()
    while (this.#done < this.#entries.length && this.#entries[this.#done]!.dueMs <= nowMs) {
      this.#entries[this.#done++]!.act()
    }
    if (this.#done > COMPACT) this.#entries.splice(0, this.#done)
    if (this.#done > COMPACT) this.#done = 0
    if (this.#done < this.#entries.length) this.#timer = setTimeout(() => this.#run(), TICK_MS)
  }
}
