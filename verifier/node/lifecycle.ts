/**
 * The life of a node: which parts are open, in which order they close, and how the node ends. Somebody stops the node
 * from outside, or the node fails. `failed` tells the caller of a failure, and the caller then stops the node.
 */
import { setMaxListeners } from 'node:events'
import { isAbort } from './waiting.js'

type Close = () => Promise<void> | void

export class Lifecycle {
  readonly #stopping = new AbortController()
  readonly #failure = Promise.withResolvers<never>()
  readonly #closers: Close[] = []
  #stopped: Promise<void> | undefined

  constructor() {
    this.#failure.promise.catch(() => undefined) // a caller may ignore `failed`
    setMaxListeners(0, this.stopping) // every wait of the node listens
  }

  /**
   * Starts a node. If `open` throws half-way, the parts that are open by then are closed again.
   * @param givenUp ends the waits of a start that is not over yet
   * @throws what `open` threw
   */
  static async start<T>(open: (life: Lifecycle) => Promise<T>, givenUp?: AbortSignal): Promise<T> {
    const life = new Lifecycle()
    const giveUp = () => life.#stopping.abort()
    if (givenUp?.aborted) giveUp()
    givenUp?.addEventListener('abort', giveUp, { once: true })
    try {
      return await open(life)
    } catch (error) {
      await life.stop().catch(() => undefined) // the first error says why the node did not start
      throw error
    } finally {
      givenUp?.removeEventListener('abort', giveUp)
    }
  }

  /** Aborted when the node stops: every wait of the node ends with this signal. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Rejects with the first failure; never resolves. */
  get failed(): Promise<never> {
    return this.#failure.promise
  }

  /** Reports an error after which the node cannot go on. The first one counts. */
  readonly fail = (error: Error): void => this.#failure.reject(error)

  /**
   * Opens a part, and closes the part when the node stops.
   * @throws AbortError if the node was stopped meanwhile; the part is closed by then
   */
  async open<T>(opening: T | Promise<T>, close: (part: T) => Promise<void> | void): Promise<T> {
    const part = await opening
    if (this.stopping.aborted) await close(part)
    this.stopping.throwIfAborted()
    this.#closers.push(() => close(part))
    return part
  }

  /** Work that lasts until the node stops. `stop` waits for the work; an error other than an abort fails the node. */
  run(work: Promise<unknown>): void {
    const running = work.then(
      () => undefined,
      error => {
        if (!isAbort(error)) this.fail(error)
      },
    )
    this.#closers.push(() => running)
  }

  /**
   * Closes all parts, the last one opened first. A part that cannot be closed does not keep the others open. A second
   * call waits for the first.
   * @throws the error of the part that could not be closed, or an AggregateError of several
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    const errors: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, 'several parts of the node could not be closed')
  }
}
