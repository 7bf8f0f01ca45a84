/** A test network driven from outside: the README's command, its JSON lines, its exit code, and its leftovers. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EpochEvent, ReadyEvent, ResultEvent, TestnetEvent } from '../network/events.js'
import { RunEvents } from '../network/run-events.js'
import { ChildProcess } from '../process/child-process.js'
import { identify, isAlive as isSameAlive } from '../process/process-identity.js'
import { startWatchdog, type Watchdog } from '../process/watchdog.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** How long an interrupted network may take: its nodes have twelve seconds each, all at once, then chain and watchdog end. */
const END_MS = 30_000
/** How long a run may take to its next step, or to its end: on a slow machine an epoch takes twice as long as on the usual one. */
const RUN_SECONDS = 480

export interface RunExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly seconds: number
}

export class TestnetRun {
  readonly exited: Promise<RunExit>
  readonly #child: ChildProcess
  readonly #events = new RunEvents()
  readonly #over = new AbortController()
  readonly #startMs = performance.now()

  private constructor(args: readonly string[], watchdog: Watchdog) {
    const argv = ['npm', 'run', 'testnet', '--', ...args, '--json']
    // As with Ctrl-C in a terminal, the signal goes to npm and to all that npm has started.
    this.#child = ChildProcess.start({
      ...{ name: 'the run', argv, cwd: ROOT, watchdog },
      ...{ group: true, farewell: 'SIGINT', graceMs: END_MS },
    })
    this.#child.forEachLine(line => this.#hear(line))
    this.exited = this.#child.ended.then(({ code, signal }) => {
      const exit = { code, signal, seconds: this.seconds }
      this.#over.abort()
      this.#events.end(new Error(`The run ended (${code ?? signal}) before the awaited event.`))
      return exit
    })
  }

  /** Starts a network for as long as `use` takes. A network that still runs then, because `use` failed, is interrupted. */
  static async with<T>(args: readonly string[], use: (run: TestnetRun) => Promise<T>): Promise<T> {
    const watchdog = await startWatchdog()
    const run = new TestnetRun(args, watchdog)
    try {
      return await use(run)
    } finally {
      await run.#child.end()
      await watchdog.close()
    }
  }

  /** As `with`, with data that stay when the network has ended, until `use` is done. */
  static async withData<T>(args: readonly string[], use: (run: TestnetRun) => Promise<T>): Promise<T> {
    const dataDir = mkdtempSync(join(tmpdir(), 'bandwitness-accept-'))
    try {
      return await TestnetRun.with([...args, '--data-dir', dataDir], use)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  }

  get events(): readonly TestnetEvent[] {
    return this.#events.all
  }

  /** Since the command was started, the build included. */
  get seconds(): number {
    return (performance.now() - this.#startMs) / 1000
  }

  /** Aborts when the command has ended. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** The last lines of standard error, for a person who looks for the cause of a failure. */
  get stderr(): string {
    return this.#child.said.join('\n')
  }

  get epochs(): EpochEvent[] {
    return this.events.filter(event => event.event === 'epoch')
  }

  get result(): ResultEvent | undefined {
    return this.events.find(event => event.event === 'result')
  }

  ready(): Promise<ReadyEvent> {
    return this.waitFor(event => (event.event === 'ready' ? event : undefined), 120)
  }

  epoch(epoch: number, seconds?: number): Promise<EpochEvent> {
    return this.waitFor(event => (event.event === 'epoch' && event.epoch === epoch ? event : undefined), seconds)
  }

  /** The first event, past or future, for which `pick` returns something. @throws Error if the run ends or time is up before */
  waitFor<T>(pick: (event: TestnetEvent) => T | undefined, seconds = RUN_SECONDS): Promise<T> {
    return this.#events.waitFor(pick, seconds).catch(error => {
      throw new Error(`${error.message}\n${this.stderr}`)
    })
  }

  /** Waits for the run to end by itself. A run that takes longer is ended as by Ctrl-C. */
  async end(seconds = RUN_SECONDS): Promise<RunExit> {
    await this.#child.endWithin(seconds * 1000)
    return this.exited
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return // npm's banner
    this.#events.put(JSON.parse(line) as TestnetEvent)
  }
}

/**
 * The processes, ports and data of a network that are still there; empty if the network left nothing behind.
 * @param temporary whether the data must be gone too: a failed run keeps them, and so does a directory that the user named
 */
export async function leftBehind(ready: ReadyEvent, temporary: boolean): Promise<string[]> {
  const nodes = [...ready.verifiers, ...ready.providers]
  const ports = [ready.rpcUrl, ready.apiUrl].filter(url => url !== undefined)
  const open = await Promise.all(ports.map(async url => ((await accepts(url)) ? [`port of ${url}`] : [])))
  return [
    ...nodes.filter(node => isAlive(node.pid)).map(node => `process ${node.pid}`),
    ...open.flat(),
    ...(temporary && existsSync(ready.dataDir) ? [ready.dataDir] : []),
  ]
}

const isAlive = (pid: number): boolean => isSameAlive(identify(pid))

function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const socket = createConnection({ host: hostname, port: Number(port) })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
