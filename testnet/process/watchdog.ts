/**
 * Nothing that a testnet starts may outlive it, even when it is killed and can clean up nothing itself. So it first
 * starts a small detached process that holds the other end of a pipe, and tells that process of every child and
 * temporary directory.
 */
import { spawn } from 'node:child_process'
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

export interface Watchdog {
  readonly pid: number
  /** Every child carries it in its environment, see `marked-processes.ts`. */
  readonly mark: string
  /** Ends this process with the testnet. Call it as soon as the process is started. */
  watch(pid: number): void
  /** The process has ended. */
  forget(pid: number): void
  /** Removes this directory with the testnet. */
  temporary(directory: string): void
  /** Takes `temporary` back. */
  keep(directory: string): void
  /** Ends all watched processes, removes the temporary directories, and resolves when that is done. */
  close(): Promise<void>
}

export async function startWatchdog(): Promise<Watchdog> {
  const mark = randomUUID()
  const [command, ...args] = [...entryPoint(import.meta.url, './watchdog-main.js'), mark]
  // The watchdog carries no mark. So an outer watchdog of this testnet does not end it, and both do their work.
  const { [MARK]: _, ...env } = process.env
  // Detached: a session of its own, out of reach of the terminal's Ctrl-C and of a signal to the process group.
  const child = spawn(command!, args, { stdio: ['pipe', 'ignore', 'inherit'], detached: true, cwd: '/', env })
  await once(child, 'spawn')
  const exited = once(child, 'exit')
  child.stdin!.on('error', () => {}) // EPIPE once it is gone; `exited` tells.
  // libuv writes to a pipe at once where it can, so an order is out even if this process is killed right after.
  const order = (o: WatchdogOrder) => void child.stdin!.write(`${JSON.stringify(o)}\n`)
  return {
    pid: child.pid!,
    mark,
    watch: pid => order({ watch: identify(pid) }),
    forget: pid => order({ forget: pid }),
    temporary: directory => order({ temporary: directory }),
    keep: directory => order({ keep: directory }),
    async close() {
      child.stdin!.end()
      await exited
    },
  }
}
