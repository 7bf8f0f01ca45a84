/** One node of a run: its process, and the next one if a process ends although the testnet did not end it. */
import { setTimeout as delay } from 'node:timers/promises'
import { EXIT_CODE } from '../../verifier/config/errors.js'
import { failuresAfter, restartDelayMs } from '../process/restart-policy.js'
import { type NodeExit, type NodeProcess, type NodeSpec, type ReadyLine, startNode } from '../process/spawn.js'
import type { Watchdog } from '../process/watchdog.js'

export interface NodeRestart {
  readonly name: string
  readonly pid: number
  /** starts in a row that failed before this one */
  readonly failures: number
}

export interface Supervision {
  readonly watchdog: Watchdog
  /** The next process of the node. @param apiPort 0 for a free one */
  readonly spec: (apiPort: number) => NodeSpec
  /** A node that comes back has the API port that it had at first, so that its URL stays true. */
  readonly apiPort: number
  /** If the port is taken, the first process gets any free one. */
  readonly portMayChange: boolean
  readonly onStart: (process: NodeProcess) => void
  readonly onExit: (exit: NodeExit) => void
  /** The node is ready again. */
  readonly onRestart: (restart: NodeRestart) => void
}

export class SupervisedNode {
  readonly #by: Supervision
  #apiPort: number
  #process: NodeProcess | undefined
  #keeping: Promise<void> | undefined
  #ended: NodeExit | undefined
  /** how many want the node to be down */
  #holds = 0
  /** Aborts as soon as the testnet ends the node. */
  #wanted = new AbortController()

  constructor(by: Supervision) {
    this.#by = by
    this.#apiPort = by.apiPort
  }

  /** of the process that runs, or ran last */
  get pid(): number {
    return this.#process!.pid
  }

  /** Whether its process runs, or the next one is about to. */
  get isKeptUp(): boolean {
    return this.#keeping !== undefined
  }

  /** The end after which the node was not started again, although the testnet did not end it. */
  get ended(): NodeExit | undefined {
    return this.#ended
  }

  /** The first start. @throws NodeStartError */
  async start(): Promise<ReadyLine & { readonly argv: readonly string[] }> {
    const { process, ready } = await this.#firstProcess()
    if (ready.apiUrl !== undefined) this.#apiPort = Number(new URL(ready.apiUrl).port)
    this.#keeping = this.#keep(process)
    return { ...ready, pid: process.pid, argv: this.#by.spec(this.#apiPort).argv }
  }

  /** Two testnets that start at once may both have found the usual port free. */
  async #firstProcess(): Promise<{ process: NodeProcess; ready: ReadyLine }> {
    const process = this.#spawn()
    try {
      return { process, ready: await process.ready }
    } catch (error) {
      const isTaken = (await process.exited).code === EXIT_CODE['port-in-use']
      if (!isTaken || this.#apiPort === 0 || !this.#by.portMayChange) throw error
    }
    this.#apiPort = 0
    const next = this.#spawn()
    return { process: next, ready: await next.ready }
  }

  /** Takes one `down` back. The node starts again when nobody wants it down any more. */
  release(): void {
    this.#holds--
    this.up()
  }

  /** Starts a node again that ended once too often. A node that is kept up goes on, and one that is held stays down. */
  up(): void {
    if (this.#keeping !== undefined || this.#holds > 0) return
    this.#wanted = new AbortController()
    this.#ended = undefined
    this.#keeping = this.#keep(this.#respawn(0))
  }

  /** Ends the node, and keeps it down until `release`. Resolves when its process is gone. */
  async down(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#holds++
    this.#wanted.abort()
    if (how === 'SIGKILL') this.kill()
    else {
      this.signal('SIGCONT') // a paused process hears of nothing else
      await this.#process?.stop()
    }
    await this.#process?.exited
    await this.#keeping
  }

  /** A node that is kept up comes back. */
  kill(): void {
    this.signal('SIGKILL')
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** Until the testnet ends the node, or until a restart is useless. */
  async #keep(first: NodeProcess): Promise<void> {
    let process = first
    for (let failures = 0; ; process = this.#respawn(failures)) {
      const sinceMs = performance.now()
      const exit = await process.exited
      const wanted = this.#wanted.signal.aborted
      this.#by.onExit({ ...exit, wanted })
      failures = failuresAfter(exit, performance.now() - sinceMs, failures)
      if (wanted) break
      const delayMs = restartDelayMs(exit, failures)
      if (delayMs === undefined) {
        this.#ended = exit
        break
      }
      await delay(delayMs, undefined, { signal: this.#wanted.signal }).catch(() => {})
      if (this.#wanted.signal.aborted) break
    }
    this.#keeping = undefined
  }

  #respawn(failures: number): NodeProcess {
    const process = this.#spawn()
    const { name } = this.#by.spec(this.#apiPort)
    // Otherwise its end tells.
    process.ready.then(
      () => this.#by.onRestart({ name, pid: process.pid, failures }),
      () => {},
    )
    return process
  }

  #spawn(): NodeProcess {
    this.#process = startNode(this.#by.spec(this.#apiPort), this.#by.watchdog)
    this.#by.onStart(this.#process)
    return this.#process
  }
}
