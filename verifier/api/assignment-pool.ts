/** One worker for plans of epochs. It starts with the first task, and ends when there was none for a while. */
import { Worker } from 'node:worker_threads'
import { Thread } from '../../proto/thread.js'
import { workerFile } from '../../proto/worker-file.js'
import type { BesideTask } from './assignment-worker.js'

const IDLE_MS = 60_000

export const startPlanning = (): Worker => {
  const { url, ...options } = workerFile(import.meta.url, 'assignment-worker')
  return new Worker(url, options)
}

/**
 * Tasks, one after the other. A worker that ends before its time, for lack of memory as well, fails the task that it is at;
 * the next task starts another one.
 */
export class AssignmentPool {
  readonly #thread: Thread<BesideTask, readonly number[]>
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #idle: NodeJS.Timeout | undefined

  constructor(
    start: () => Worker = startPlanning,
    private readonly idleMs = IDLE_MS,
  ) {
    this.#thread = new Thread(start)
  }

  /** Tasks that have begun, or are going to. */
  get waiting(): number {
    return this.#waiting
  }

  /** @throws what the task throws; ThreadDied; ThreadEnded if the pool is closed */
  run(task: BesideTask): Promise<readonly number[]> {
    this.#waiting++
    clearTimeout(this.#idle)
    const turn = this.#last.then(() => this.#thread.ask(task)).finally(() => this.#left())
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Fails all tasks. */
  close(): Promise<void> {
    clearTimeout(this.#idle)
    return this.#thread.end()
  }

  #left(): void {
    if (--this.#waiting === 0) this.#idle = setTimeout(() => this.#thread.rest(), this.idleMs).unref()
  }
}
