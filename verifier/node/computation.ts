/**
 * Computes in a thread of its own (`desk.ts`), so that the main thread stays free for gossip and sessions. A large network's
 * report takes many seconds. Questions are answered one after the other.
 */
import { Worker } from 'node:worker_threads'
import { workerFile } from '../../proto/worker-file.js'
import { type Plan, unpackPlan } from '../core/assignment/plan.js'
import type { ChainFacts } from '../core/facts.js'
import type { DeskSettings, Tasks } from './desk.js'
import type { Question, Reply } from './desk-worker.js'

/** Of a thread whose objects live for one provider each: with more, it collects garbage less often. */
const YOUNG_MEGABYTES = 96

/** Named as an abort, since it ends what waits as the node's own signal does. */
export class ComputationEnded extends Error {
  override readonly name = 'AbortError'

  constructor() {
    super('The node stops; nothing more is computed.')
  }
}

/** The thread ended before its time, for lack of memory as well. What it was asked may be asked once more. */
export class ThreadDied extends Error {
  constructor(cause: unknown) {
    super('The thread that computes reports has died.', { cause })
  }
}

const startThread = (settings: DeskSettings): Worker => {
  const { url, ...options } = workerFile(import.meta.url, 'desk-worker')
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
  return new Worker(url, { ...options, workerData: settings, resourceLimits })
}

export class Computation {
  #thread: Worker | undefined
  /** asked of the thread, which answers in their order */
  #waiting: PromiseWithResolvers<never>[] = []
  #hasEnded = false

  /** Starts the thread, so that the first epoch does not wait for it. */
  constructor(
    private readonly settings: DeskSettings,
    private readonly start = startThread,
  ) {
    this.#thread = this.#started()
  }

  /** @throws Error if the facts lead to none; ThreadDied the second time in a row */
  assign(facts: ChainFacts): Promise<Plan> {
    return this.twice(async () => unpackPlan(await this.ask('assign', facts), facts.providers))
  }

  /**
   * What the desk answers.
   * @param moved memory that the question holds, and that its sender does not need any more
   * @throws Error if the desk cannot answer; ThreadDied; ComputationEnded
   */
  ask<K extends keyof Tasks>(kind: K, asked: Tasks[K]['asked'], moved: ArrayBuffer[] = []): Promise<Tasks[K]['answer']> {
    if (this.#hasEnded) return Promise.reject(new ComputationEnded())
    this.#thread ??= this.#started()
    const waiting = Promise.withResolvers<never>()
    this.#waiting.push(waiting)
    this.#thread.ref()
    this.#thread.postMessage({ kind, asked } as Question, moved)
    return waiting.promise
  }

  /** Repeats once what a dead thread has left undone: another one starts with nothing. */
  async twice<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ThreadDied)) throw error
      return work()
    }
  }

  /** Refuses what waits. */
  async end(): Promise<void> {
    this.#hasEnded = true
    const thread = this.#thread
    this.#thread = undefined
    this.#refuse(new ComputationEnded())
    await thread?.terminate()
  }

  #started(): Worker {
    const thread = this.start(this.settings)
    let cause: unknown
    thread.on('message', (reply: Reply) => this.#take(reply))
    thread.on('error', error => {
      cause = error // the thread ends
    })
    thread.once('exit', () => {
      if (thread !== this.#thread) return
      this.#thread = undefined
      this.#refuse(new ThreadDied(cause))
    })
    thread.unref()
    return thread
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.shift()!
    if (this.#waiting.length === 0) this.#thread?.unref()
    if ('error' in reply) waiting.reject(new Error(reply.error))
    else waiting.resolve(reply.answer as never)
  }

  #refuse(error: Error): void {
    const refused = this.#waiting
    this.#waiting = []
    for (const { reject } of refused) reject(error)
  }
}
