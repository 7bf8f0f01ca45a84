/** The bench's end of a process: a role of the data plane, or a program that plays one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { environmentWithoutSettings } from '../../../verifier/cli/settings.js'
import { entryPoint } from '../../process/entry-point.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Answer, Order, RoleOptions } from './role-messages.js'

const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096

/** Runs a command where the path puts it. */
export type Inside = (argv: readonly string[]) => readonly string[]

export interface Usage {
  /** user and system, all threads */
  readonly cpuSeconds: number
  /** system alone */
  readonly kernelSeconds: number
  readonly residentBytes: number
}

/** What a process has used so far. From /proc, so that it asks nothing of the process. */
export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  const [user, system, resident] = [fields[11], fields[12], fields[21]].map(Number)
  return {
    cpuSeconds: (user! + system!) / TICKS_A_SECOND,
    kernelSeconds: system! / TICKS_A_SECOND,
    residentBytes: resident! * PAGE_BYTES,
  }
}

export class RoleProcess {
  readonly #process: ChildProcess
  port = 0

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  static async start(options: RoleOptions, inside: Inside, watchdog: Watchdog): Promise<RoleProcess> {
    const argv = inside([...entryPoint(import.meta.url, './role-main.js'), JSON.stringify(options)])
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
      env: environmentWithoutSettings(),
    })
    if (child.pid !== undefined) watchdog.watch(child.pid)
    const role = new RoleProcess(child)
    const answer = await role.#next()
    role.port = 'ready' in answer ? answer.ready : 0
    return role
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** @throws Error if the process ends instead */
  ask(order: Order): Promise<Answer> {
    const answer = this.#next()
    this.#process.send(order)
    return answer
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    await ended
  }

  #next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('a role of the bench has ended; what it said is above'))
      this.#process.once('exit', onExit)
      this.#process.once('message', message => {
        this.#process.off('exit', onExit)
        resolve(message as Answer)
      })
    })
  }
}
