/**
 * A network namespace without a name: it is there as long as a process is in it. Its holder waits on a pipe from this
 * process, so that the namespace goes with us, however we end, and there is nothing to sweep up afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Watchdog } from '../process/watchdog.js'
import { run } from './commands.js'

export class NamespaceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NamespaceError'
  }
}

/** Says a word once it is inside, then waits until its standard input ends. */
const HOLD = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && echo held && exec cat'] as const

export class Namespace {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  /** @throws NamespaceError if this user or kernel may not */
  static async open(watchdog: Watchdog): Promise<Namespace> {
    const [command, ...args] = HOLD
    const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let said = ''
    holder.stderr.on('data', data => {
      said += data
    })
    holder.stdin.on('error', () => {}) // EPIPE if it has ended; the wait below tells
    if (holder.pid !== undefined) watchdog.watch(holder.pid)
    const ended = new Promise<undefined>(resolve => {
      holder.once('error', cause => {
        said ||= cause.message
        resolve(undefined)
      })
      holder.once('close', () => resolve(undefined))
    })
    const held = await Promise.race([once(createInterface({ input: holder.stdout }), 'line'), ended])
    if (!held) throw new NamespaceError(`no network namespace can be made (${said.trim().split('\n').at(-1)})`)
    holder.unref()
    return new Namespace(holder)
  }

  /** A process in it. */
  get pid(): number {
    return this.#holder.pid!
  }

  /** The command line that runs another one inside. */
  inside(argv: readonly string[]): string[] {
    return ['nsenter', '--target', String(this.pid), '--net', '--', ...argv]
  }

  run(argv: readonly string[], timeoutMs?: number): Promise<string> {
    return run(this.inside(argv), timeoutMs)
  }

  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const ended = once(this.#holder, 'exit')
    this.#holder.ref()
    this.#holder.stdin!.end()
    await ended
  }
}
