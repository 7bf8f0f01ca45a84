/**
 * What a session's opener sends, read ahead: a session notices that its opener has gone also while it waits for something
 * else. Nothing here outlives a wait. A race against a promise of the whole session would keep every message that long.
 */
import { Condition } from '../deadline.js'
import type { MessageStream } from '../ports.js'

/** Messages that wait, of 256 bytes at most. The stream holds back those after them. */
const MOST_WAITING = 32

export class ReadAhead {
  readonly #waiting: Uint8Array[] = []
  readonly #condition = new Condition()
  #isOver = false
  #goOn = () => {}

  constructor(stream: Pick<MessageStream, 'receive'>) {
    void this.#read(stream)
  }

  /** @returns the next message; undefined if there is none after `ms`, or never will be */
  async next(ms: number): Promise<Uint8Array | undefined> {
    await this.#condition.until(() => this.#waiting.length > 0 || this.#isOver, ms)
    const message = this.#waiting.shift()
    this.#goOn()
    return message
  }

  /** @returns whether the work was done, or failed, while the opener was there, within `ms` */
  async during(work: Promise<unknown>, ms: number): Promise<boolean> {
    let isDone = false
    const done = () => {
      isDone = true
      this.#condition.changed()
    }
    work.then(done, done)
    await this.#condition.until(() => isDone || this.#isOver, ms)
    return isDone
  }

  /** Nothing more is heard. */
  close(): void {
    this.#waiting.length = 0
    this.#end()
  }

  async #read(stream: Pick<MessageStream, 'receive'>): Promise<void> {
    try {
      for (let bytes = await stream.receive(); bytes && !this.#isOver; bytes = await stream.receive()) {
        this.#waiting.push(bytes)
        this.#condition.changed()
        while (this.#waiting.length >= MOST_WAITING && !this.#isOver)
          await new Promise<void>(resolve => {
            this.#goOn = resolve
          })
      }
    } catch {
      // The stream broke.
    }
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#condition.changed()
    this.#goOn()
  }
}
