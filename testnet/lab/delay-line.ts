/** Runs thousands of actions a second, each when it is due, to a millisecond; a timer for each would be too many. */
import { monotonicMs } from '../../probe/plane/clock.js'
import { DelayQueue } from '../../probe/plane/delay-queue.js'

interface Due {
  readonly dueMs: number
  readonly act: () => void
}

export class DelayLine {
  readonly #queue = new DelayQueue<Due>(monotonicMs, ({ act }) => act())

  put(dueMs: number, act: () => void): void {
    this.#queue.add({ dueMs, act })
  }

  /** Forgets everything that waits. */
  close(): void {
    this.#queue.stop()
  }
}
