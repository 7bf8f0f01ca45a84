/** Processes that run sessions side by side, in a network namespace of their own if this user may have one. */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Namespace } from '../../lab/namespace.js'
import { socketOverruns } from '../../lab/socket-overruns.js'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { ipv6Addresses } from './hosts.js'
import type { Job, WorkerAnswer } from './worker-messages.js'

const READY_MS = 60_000
/** Above the sum of a session's deadlines. */
const ANSWER_MS = 60_000
/** Linux counts processor time in ticks of this many a second. */
const TICKS = 100

export type Answer = Exclude<WorkerAnswer, { readonly ready: true }>

/** Gives the next job, or undefined if there is none for now. */
export type NextJob = () => Job | undefined

export class Pool {
  readonly #watchdog: Watchdog
  readonly #namespace: Namespace | undefined
  readonly #workers: readonly ChildProcess[]
  /** why there is no IPv6; undefined if there is */
  readonly noIpv6: string | undefined

  private constructor(
    watchdog: Watchdog,
    namespace: Namespace | undefined,
    workers: readonly ChildProcess[],
    noIpv6: string | undefined,
  ) {
    this.#watchdog = watchdog
    this.#namespace = namespace
    this.#workers = workers
    this.noIpv6 = noIpv6
  }

  static async open(): Promise<Pool> {
    const watchdog = await startWatchdog()
    const { namespace, reason } = await openNamespace(watchdog)
    const argv = entryPoint(import.meta.url, './worker-main.js')
    const workers = Array.from({ length: availableParallelism() }, (_, i) =>
      ChildProcess.start({
        name: `worker ${i + 1}`,
        argv: namespace?.inside(argv) ?? argv,
        watchdog,
        output: 'ignore',
        ipc: 'json',
        farewell: 'disconnect',
      }),
    )
    const pool = new Pool(watchdog, namespace, workers, reason)
    try {
      for (const worker of workers) await worker.message(READY_MS)
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  get size(): number {
    return this.#workers.length
  }

  /** Datagrams for which sockets had no room so far; undefined if others use the same sockets' counter. */
  get overruns(): number | undefined {
    return this.#namespace && socketOverruns(this.#namespace.pid)
  }

  /** Processor time of the workers so far. */
  get cpuSeconds(): number {
    return this.#workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  }

  /** Runs jobs until there are none. @param parallel most sessions at once, over all workers, at any time */
  async run(parallel: () => number, next: NextJob, done: (answer: Answer) => void): Promise<void> {
    const slots = (i: number): number => Math.max(1, Math.floor((parallel() + this.size - 1 - i) / this.size))
    await Promise.all(this.#workers.map((worker, i) => drive(worker, () => slots(i), next, done)))
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.end()))
    await this.#namespace?.close()
    await this.#watchdog.close()
  }
}

async function drive(
  worker: ChildProcess,
  slots: () => number,
  next: NextJob,
  done: (answer: Answer) => void,
): Promise<void> {
  for (let open = 0; ; ) {
    for (let job = open < slots() ? next() : undefined; job; job = open < slots() ? next() : undefined) {
      worker.send(job)
      open++
    }
    if (open === 0) return
    done((await worker.message(ANSWER_MS)) as Answer)
    open--
  }
}

async function openNamespace(
  watchdog: Watchdog,
): Promise<{ readonly namespace?: Namespace; readonly reason: string | undefined }> {
  try {
    const namespace = await Namespace.open(watchdog)
    const add = ipv6Addresses().map(address => `ip -6 address add ${address}/128 dev lo nodad`)
    await namespace.run(['sh', '-c', add.join(' && ')])
    return { namespace, reason: undefined }
  } catch (error) {
    return { reason: `no IPv6 addresses: ${(error as Error).message}` }
  }
}

function cpuSeconds(pid: number): number {
  try {
    // After the name, which may hold blanks: state is field 3, user and system time are fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return 0 // not Linux, or the worker has ended
  }
}
