/** Does things when they are due, to a millisecond: what one timer each would do for thousands of them a second. */
import { monotonicMs } from './monotonic.js'

const TICK_MS = 1
/** Forget what is done once it is this much. */
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
    // Almost always the last one; what comes by another way may be due before it.
    while (at > this.#done && this.#entries[at - 1]!.dueMs > dueMs) at--
    this.#entries.splice(at, 0, { dueMs, act })
    this.#timer ??= setTimeout(() => this.#run(), TICK_MS)
  }

  /** Forgets all that waits. */
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
