/** What a run has told so far, for the result of one that loses its chain. */
import type { ResultEvent, TestnetEvent } from './events.js'

export class SeenEpochs {
  /** whether each has a report */
  readonly #epochs = new Map<number, boolean>()
  #isOver = false

  constructor(private readonly tell: (event: TestnetEvent) => void) {}

  readonly emit = (event: TestnetEvent): void => {
    if (this.#isOver) return
    if (event.event === 'epoch') this.#epochs.set(event.epoch, event.posted)
    if (event.event === 'reverted') {
      for (const epoch of this.#epochs.keys()) if (epoch >= event.epoch) this.#epochs.delete(epoch)
    }
    this.tell(event)
  }

  /**
   * Stakes and rewards are on the chain alone, so the result names no node. Nothing is told after it.
   * @param why one sentence
   */
  resultWithout(why: string, keptIn: string): ResultEvent {
    this.#isOver = true
    const posted = [...this.#epochs.values()].filter(Boolean).length
    return {
      ...{ event: 'result', ok: false, failures: [why], untested: [], epochs: this.#epochs.size, posted },
      ...{ interrupted: false, keptIn, verifiers: [], providers: [], guests: [], decoyTasks: [], clients: [] },
      rewards: { funded: '0', claimed: '0', left: '0' },
    }
  }
}
