/** A test network driven from outside: the README's command, its JSON lines, its exit code, and what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EpochEvent, ReadyEvent, ResultEvent, TestnetEvent } from '../network/events.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STDERR_LINES = 20

export interface RunExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly seconds: number
}

export class TestnetRun {
  readonly events: TestnetEvent[] = []
  readonly exited: Promise<RunExit>
  readonly #child: ChildProcess
  readonly #bus = new EventEmitter()
  readonly #over = new AbortController()
  readonly #startMs = performance.now()
  readonly #stderr: string[] = []
  /** Lines on standard output that are no JSON: npm's banner and nothing else. */
  readonly otherOutput: string[] = []

  private constructor(args: readonly string[]) {
    this.#bus.setMaxListeners(0)
    // A process group of its own, so that a run that hangs can be ended with all its children.
    this.#child = spawn('npm', ['run', 'testnet', '--', ...args, '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#hear(line))
    createInterface({ input: this.#child.stderr! }).on('line', line => {
      this.#stderr.push(line)
      if (this.#stderr.length > STDERR_LINES) this.#stderr.shift()
    })
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      const exit = { code, signal, seconds: this.seconds } as RunExit
      this.#over.abort()
      this.#bus.emit('exit', exit)
      return exit
    })
  }

  /** Starts a network for as long as `use` takes; one that still runs then, because `use` failed, is interrupted. */
  static async with<T>(args: readonly string[], use: (run: TestnetRun) => Promise<T>): Promise<T> {
    const run = new TestnetRun(args)
    try {
      return await use(run)
    } finally {
      run.interrupt()
      await run.exited
    }
  }

  /** Since the command was given, building included. */
  get seconds(): number {
    return (performance.now() - this.#startMs) / 1000
  }

  /** Aborted when the command has ended. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** The last lines of standard error, for a person who has to find out what went wrong. */
  get stderr(): string {
    return this.#stderr.join('\n')
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

  epoch(epoch: number, seconds: number): Promise<EpochEvent> {
    return this.waitFor(event => (event.event === 'epoch' && event.epoch === epoch ? event : undefined), seconds)
  }

  /** The first event, past or to come, that `pick` gives something for. @throws when the run ends or time is up before */
  waitFor<T>(pick: (event: TestnetEvent) => T | undefined, seconds: number): Promise<T> {
    for (const event of this.events) {
      const found = pick(event)
      if (found !== undefined) return Promise.resolve(found)
    }
    return new Promise<T>((resolve, reject) => {
      const onEvent = (event: TestnetEvent) => {
        const found = pick(event)
        if (found === undefined) return
        done()
        resolve(found)
      }
      const onExit = (exit: RunExit) => {
        done()
        reject(new Error(`the run ended (${exit.code ?? exit.signal}) before that:\n${this.stderr}`))
      }
      const timer = setTimeout(() => {
        done()
        reject(new Error(`nothing of the kind for ${seconds} s:\n${this.stderr}`))
      }, seconds * 1000)
      const done = () => {
        clearTimeout(timer)
        this.#bus.off('event', onEvent).off('exit', onExit)
      }
      this.#bus.on('event', onEvent).on('exit', onExit)
    })
  }

  /** Waits for the run's own end; one that takes longer is ended like with Ctrl-C, and counts as ended by a signal. */
  async end(seconds: number): Promise<RunExit> {
    const timer = setTimeout(() => this.interrupt(), seconds * 1000)
    const exit = await this.exited
    clearTimeout(timer)
    return exit
  }

  /** Ctrl-C: the terminal signals the whole group. */
  interrupt(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.#child.pid!, 'SIGINT')
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) {
      if (line.trim() !== '') this.otherOutput.push(line)
      return
    }
    const event = JSON.parse(line) as TestnetEvent
    this.events.push(event)
    this.#bus.emit('event', event)
  }
}

/**
 * What of a network is still there: processes, ports, data. Empty when it is gone, as it has to be.
 * @param temporary whether its data has to be gone too: not that of a failed run, and not what the user named
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

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
