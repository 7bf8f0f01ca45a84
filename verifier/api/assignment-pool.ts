/** One worker for plans of epochs. It starts with the first task, and ends when there was none for a while. */
import type { ResourceLimits } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { workerFile } from '../../proto/worker-file.js'
import type { BesideTask } from './assignment-worker.js'

const IDLE_MS = 60_000
/** Linux schedules threads: measuring and signing go first. */
const NICER_BY = 10

type Threads = Piscina<BesideTask, readonly number[]>

export function assignmentThreads(resourceLimits: ResourceLimits = {}): Threads {
  const { url, ...options } = workerFile(import.meta.url, 'assignment-worker')
  return new Piscina({
    ...{ minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS, niceIncrement: NICER_BY, resourceLimits },
    ...{ filename: url.href, ...options },
  })
}

/**
 * Tasks, one after the other. A worker that ends before its time, for lack of memory as well, fails the task that it is at;
 * the next task starts another one.
 */
export class AssignmentPool {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #atWork = new AbortController()
  #isClosed = false

  constructor(private readonly threads: Threads = assignmentThreads()) {
    // Piscina tells of a worker that fails as it starts, and lets its task wait for ever.
    threads.on('error', error => this.#atWork.abort(error))
  }

  /** Tasks that have begun, or are going to. */
  get waiting(): number {
    return this.#waiting
  }

  /** @throws what the task throws; Error if the worker ended, or the pool is closed */
  run(task: BesideTask): Promise<readonly number[]> {
    this.#waiting++
    const turn = this.#last.then(() => this.#work(task)).finally(() => this.#waiting--)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #work(task: BesideTask): Promise<readonly number[]> {
    if (this.#isClosed) throw new Error('the node stops')
    this.#atWork = new AbortController()
    return this.threads.run(task, { signal: this.#atWork.signal })
  }

  /** Fails all tasks. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.threads.destroy()
  }
}
