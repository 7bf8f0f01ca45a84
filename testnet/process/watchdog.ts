/**
 * Nothing that a testnet starts may outlive it, even when it is killed and can clean up nothing itself. So it first
 * starts a small detached process that holds the other end of a pipe, and tells that process of every child and
 * temporary directory.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { entryPoint } from './entry-point.js'
import { MARK } from './marked-processes.js'
import { identify, type ProcessIdentity } from './process-identity.js'

export type WatchdogOrder =
  | { readonly watch: ProcessIdentity }
  | { readonly forget: number }
  | { readonly temporary: string }
  | { readonly keep: string }

export const startWatchdog = (): Promise<Watchdog> => Watchdog.start()

export class Watchdog {
  /** Every child carries it in its environment, see `marked-processes.ts`. */
  readonly mark = randomUUID()
  readonly #watched = new Map<number, ProcessIdentity>()
  readonly #temporary = new Set<string>()
  #process: ChildProcess
  #closed = false

  private constructor() {
    this.#process = this.#spawn()
  }

  static async start(): Promise<Watchdog> {
    const watchdog = new Watchdog()
    await once(watchdog.#process, 'spawn')
    return watchdog
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** Ends this process with the testnet. Call it as soon as the process is started. */
  watch(pid: number): void {
    const identity = identify(pid)
    this.#watched.set(pid, identity)
    this.#order({ watch: identity })
  }

  /** The process has ended. */
  forget(pid: number): void {
    this.#watched.delete(pid)
    this.#order({ forget: pid })
  }

  /** Removes this directory with the testnet. */
  temporary(directory: string): void {
    this.#temporary.add(directory)
    this.#order({ temporary: directory })
  }

  /** Takes `temporary` back. */
  keep(directory: string): void {
    this.#temporary.delete(directory)
    this.#order({ keep: directory })
  }

  /** Ends all watched processes, removes the temporary directories, and resolves when that is done. */
  async close(): Promise<void> {
    this.#closed = true
    const exited = once(this.#process, 'exit')
    this.#process.stdin!.end()
    if (this.#process.exitCode === null && this.#process.signalCode === null) await exited
  }

  #spawn(): ChildProcess {
    const [command, ...args] = [...entryPoint(import.meta.url, './watchdog-main.js'), this.mark]
    // The watchdog carries no mark. So an outer watchdog of this testnet does not end it, and both do their work.
    const { [MARK]: _, ...env } = process.env
    // Detached: a session of its own, out of reach of the terminal's Ctrl-C and of a signal to the process group.
    const child = spawn(command!, args, { stdio: ['pipe', 'ignore', 'inherit'], detached: true, cwd: '/', env })
    child.stdin!.on('error', () => {}) // EPIPE once it is gone; its exit tells.
    child.once('exit', () => {
      if (!this.#closed) this.#replace()
    })
    return child
  }

  /** Somebody killed the watchdog. Another one is told all that it knew. */
  #replace(): void {
    this.#process = this.#spawn()
    for (const identity of this.#watched.values()) this.#order({ watch: identity })
    for (const directory of this.#temporary) this.#order({ temporary: directory })
  }

  /** libuv writes to a pipe at once where it can, so an order is out even if this process is killed right after. */
  #order(order: WatchdogOrder): void {
    this.#process.stdin!.write(`${JSON.stringify(order)}\n`)
  }
}
