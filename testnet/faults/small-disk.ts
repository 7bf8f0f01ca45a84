/**
 * A disk of its own for the data directory of one node, so that it can be full while the rest of the machine is not. It is
 * a memory file system in a mount namespace that only the node and its holder are in. The holder waits on a pipe from this
 * process. Nothing is left behind when holder and node have ended, however they end.
 */
import { appendFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../verifier/config/errors.js'
import { ChildError } from '../process/child-end.js'
import { ChildProcess } from '../process/child-process.js'
import type { Watchdog } from '../process/watchdog.js'

/** Far above what a verifier stores in a run of some hours, and no more than a test machine has to spare. */
const MEGABYTES = 128
const HELD_MS = 10_000
const FILLER = 'filler'
/** The second size fills the last page. */
const CHUNKS = [1 << 20, 1 << 12].map(bytes => Buffer.alloc(bytes))

/** A user who is not root needs a user namespace, in which the user is root. */
const isRoot = process.getuid?.() === 0
const UNSHARE = ['unshare', ...(isRoot ? [] : ['--map-root-user']), '--mount']
const ENTER = ['nsenter', ...(isRoot ? [] : ['--user', '--preserve-credentials']), '--mount']
const HOLD = `mount -t tmpfs -o size=${MEGABYTES}m tmpfs "$1" && echo held && exec cat`

export class SmallDisk {
  readonly #holder: ChildProcess
  readonly #directory: string

  private constructor(holder: ChildProcess, directory: string) {
    this.#holder = holder
    this.#directory = directory
  }

  /**
   * @param directory of the node, which does not exist yet, or is empty
   * @throws UserError if this machine cannot do that
   */
  static async open(directory: string, watchdog: Watchdog): Promise<SmallDisk> {
    mkdirSync(directory, { recursive: true })
    const argv = [...UNSHARE, 'sh', '-c', HOLD, 'sh', directory]
    const holder = ChildProcess.start({
      ...{ name: 'the holder of a disk', argv, watchdog, input: 'pipe', farewell: 'close-input' },
    })
    try {
      await holder.line(HELD_MS)
    } catch (error) {
      if (!(error instanceof ChildError)) throw error
      const why = holder.said.at(-1) || error.message
      throw new UserError(
        'configuration',
        `This machine cannot give a node a disk of its own (${why}). Run scenarios with a full disk on Linux, as root or where users may make namespaces.`,
      )
    }
    return new SmallDisk(holder, directory)
  }

  /** The node's data directory, as this process reaches it. */
  get outside(): string {
    return `/proc/${this.#holder.pid}/root${this.#directory}`
  }

  /** The command line that runs another one where the directory is this disk. */
  inside(argv: readonly string[]): string[] {
    return [...ENTER, '--target', String(this.#holder.pid), '--', ...argv]
  }

  fill(): void {
    for (const chunk of CHUNKS) {
      while (this.#append(chunk)) {}
    }
  }

  free(): void {
    rmSync(join(this.outside, FILLER), { force: true })
  }

  /** Call it when the node has ended. Its data stay, in the directory beneath. A second call does nothing. */
  async close(): Promise<void> {
    if (!this.#holder.isRunning) return
    this.free()
    cpSync(this.outside, this.#directory, { recursive: true, preserveTimestamps: true })
    await this.#holder.end()
  }

  /** @returns whether there was room */
  #append(chunk: Buffer): boolean {
    try {
      appendFileSync(join(this.outside, FILLER), chunk)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
      throw error
    }
  }
}
