/** Does things when they are due, to a millisecond: one timer stands in for thousands a second. */
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

  /** Forgets all that waits. */
  close(): void {
    this.#queue.stop()
  }
}
