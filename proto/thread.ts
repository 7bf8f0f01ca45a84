/**
 * Work in a thread of its own, which answers one question after the other. A thread that ends before its time, for lack of memory
 * as well, fails what it was asked, and the next question starts another one.
 */
import { parentPort, type Transferable, type Worker } from 'node:worker_threads'

type Reply<A> = { readonly answer: A } | { readonly error: unknown }

/** Named as an abort, since it ends what waits as the node's own signal does. */
export class ThreadEnded extends Error {
  override readonly name = 'AbortError'

  constructor() {
    super('The node stops; its threads answer nothing more.')
  }
}

/** The thread ended before its time. What it was asked may be asked once more: another thread starts with nothing. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied'

  constructor(cause: unknown) {
    super(`a thread has died: ${cause instanceof Error ? cause.message : (cause ?? 'nothing says why')}`, { cause })
  }
}

export class Thread<Q, A> {
  /** workers that ended before their time */
  deaths = 0
  #worker: Worker | undefined
  /** asked of the worker, which answers in their order */
  #waiting: PromiseWithResolvers<A>[] = []
  #hasEnded = false

  /** @param start what `answering` runs in */
  constructor(private readonly start: () => Worker) {}

  /**
   * Starts a worker unless one runs, so that the first question does not wait for it. A worker that is asked nothing does not
   * keep the process alive.
   */
  begin(): void {
    if (this.#hasEnded || this.#worker !== undefined) return
    this.#worker = this.#started()
    this.#worker.unref()
  }

  /**
   * @param moved memory of the question that the sender does not need any more
   * @throws what the other side throws; ThreadDied; ThreadEnded
   */
  async ask(question: Q, moved: readonly Transferable[] = []): Promise<A> {
    if (this.#hasEnded) throw new ThreadEnded()
    this.begin()
    const worker = this.#worker!
    worker.postMessage(question, moved)
    worker.ref()
    const waiting = Promise.withResolvers<A>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  /** Ends a worker that is asked nothing, with all that it holds. The next question starts another one. */
  rest(): void {
    if (this.#waiting.length > 0) return
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }

  /** Refuses what waits, and all later questions. */
  async end(): Promise<void> {
    this.#hasEnded = true
    const worker = this.#worker
    this.#worker = undefined
    this.#refuse(new ThreadEnded())
    await worker?.terminate()
  }

  #started(): Worker {
    const worker = this.start()
    let cause: unknown
    worker.on('message', (reply: Reply<A>) => {
      if (worker === this.#worker) this.#take(reply)
    })
    worker.on('error', error => {
      cause = error // the worker ends
    })
    worker.once('exit', () => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.deaths++
      this.#refuse(new ThreadDied(cause))
    })
    return worker
  }

  #take(reply: Reply<A>): void {
    const waiting = this.#waiting.shift()!
    if (this.#waiting.length === 0) this.#worker?.unref()
    if ('error' in reply) waiting.reject(reply.error)
    else waiting.resolve(reply.answer)
  }

  #refuse(error: Error): void {
    const refused = this.#waiting
    this.#waiting = []
    for (const { reject } of refused) reject(error)
  }
}

/** An answer, and the memory in it that moves to the asking thread without a copy. */
export interface Answer<A> {
  readonly answer: A
  readonly moved?: readonly Transferable[]
}

/**
 * The other side of a `Thread`: for the worker's own file.
 * @param afterwards what is left to do once the answer is on its way. An error of it ends the thread
 */
export function answering<Q, A>(answer: (question: Q) => Answer<A>, afterwards: () => void = () => undefined): void {
  const asking = parentPort!
  asking.on('message', (question: Q) => {
    try {
      const { answer: value, moved = [] } = answer(question)
      asking.postMessage({ answer: value } satisfies Reply<A>, moved)
    } catch (error) {
      asking.postMessage({ error } satisfies Reply<A>)
    }
    afterwards()
  })
}
