/**
 * A network namespace without a name: it exists as long as a process is inside. Its holder waits on a pipe from this
 * process, so the namespace goes when this process ends, however it ends, and there is nothing to clean up afterwards.
 */
import { ChildError } from '../process/child-end.js'
import { ChildProcess } from '../process/child-process.js'
import { run } from '../process/commands.js'
import type { Watchdog } from '../process/watchdog.js'

export class NamespaceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NamespaceError'
  }
}

/** Prints one word inside the namespace, then waits until its standard input ends. */
const HOLD = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && echo held && exec cat'] as const
const HELD_MS = 10_000

export class Namespace {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  /** @throws NamespaceError if this user or this kernel may not */
  static async open(watchdog: Watchdog): Promise<Namespace> {
    const holder = ChildProcess.start({
      ...{ name: 'the holder of a namespace', argv: HOLD, watchdog, input: 'pipe', farewell: 'close-input' },
    })
    try {
      await holder.line(HELD_MS)
    } catch (error) {
      if (!(error instanceof ChildError)) throw error
      throw new NamespaceError(`no network namespace can be made (${holder.said.at(-1) || error.message})`)
    }
    return new Namespace(holder)
  }

  /** The process that holds the namespace. */
  get pid(): number {
    return this.#holder.pid
  }

  /** The command line that runs another one inside. */
  inside(argv: readonly string[]): string[] {
    return ['nsenter', '--target', String(this.pid), '--net', '--', ...argv]
  }

  run(argv: readonly string[]): Promise<string> {
    return run(this.inside(argv))
  }

  async close(): Promise<void> {
    await this.#holder.end()
  }
}
