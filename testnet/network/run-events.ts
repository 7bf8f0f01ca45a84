/** The events of one run, and waits for those that are still to come. */
import { EventEmitter } from 'node:events'
import type { EpochEvent, TestnetEvent } from './events.js'

export class RunEvents {
  /** those so far, oldest first */
  readonly all: TestnetEvent[] = []
  readonly #bus = new EventEmitter().setMaxListeners(0)
  #end: Error | undefined

  put(event: TestnetEvent): void {
    this.all.push(event)
    this.#bus.emit('event', event)
  }

  /** No event comes any more: every wait rejects with the reason. */
  end(reason: Error): void {
    this.#end = reason
    this.#bus.emit('end', reason)
  }

  /**
   * The first event, past or future, for which `pick` returns something.
   * @throws Error if the run ends or the time is up before
   */
  waitFor<T>(pick: (event: TestnetEvent) => T | undefined, seconds: number): Promise<T> {
    for (const event of this.all) {
      const found = pick(event)
      if (found !== undefined) return Promise.resolve(found)
    }
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise<T>((resolve, reject) => {
      const onEvent = (event: TestnetEvent) => {
        const found = pick(event)
        if (found === undefined) return
        done()
        resolve(found)
      }
      const onEnd = (reason: Error) => {
        done()
        reject(reason)
      }
      const late = () => onEnd(new Error(`The awaited event did not come within ${seconds} s.`))
      const timer = setTimeout(late, seconds * 1000)
      const done = () => {
        clearTimeout(timer)
        this.#bus.off('event', onEvent).off('end', onEnd)
      }
      this.#bus.on('event', onEvent).on('end', onEnd)
    })
  }

  epoch(epoch: number, seconds: number): Promise<EpochEvent> {
    return this.waitFor(event => (event.event === 'epoch' && event.epoch === epoch ? event : undefined), seconds)
  }
}
