/**
 * One child process, from its start to its end. The testnet, the lab and the benches start every program through this
 * class.
 *
 * Every wait has a time-out. A child that misses one is ended: its late answer would be taken for the answer to the
 * next question. The watchdog ends the child if this process is killed.
 */
import { type ChildProcess as Handle, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { environmentWithoutSettings } from '../../verifier/cli/settings.js'
import { type ChildEnd, ChildError, describeEnd } from './child-end.js'
import { Inbox } from './inbox.js'
import { MARK } from './marked-processes.js'
import { handDownNiceness } from './niceness.js'
import type { Watchdog } from './watchdog.js'
import { within } from './within.js'

export interface ChildOptions {
  /** The subject of every sentence about the child. */
  readonly name: string
  readonly argv: readonly string[]
  readonly watchdog?: Watchdog | undefined
  /** (default: `none`) */
  readonly input?: 'none' | 'pipe'
  /** Standard output (default: `lines`, which `line`, `find` and `forEachLine` read). */
  readonly output?: 'lines' | 'ignore' | 'inherit'
  /** Standard error (default: `keep`, which keeps the last lines for `said`). A number is an open file. */
  readonly errors?: 'keep' | 'ignore' | 'inherit' | number
  /** Opens a channel for messages, with this serialization. */
  readonly ipc?: 'json' | 'advanced'
  readonly cwd?: string
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** How `end` asks the child to end (default: `SIGTERM`). */
  readonly farewell?: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'close-input' | 'disconnect'
  /** How long the child may take to end after the farewell (default: 5000). */
  readonly graceMs?: number
  /** Signals go to all processes of the child's group: for a program that starts others. */
  readonly group?: boolean
}

const GRACE_MS = 5000
/** How long output may still arrive after the exit: a grandchild can hold the pipe open for ever. */
const DRAIN_MS = 5000
/** A child that floods standard error must not fill this process's memory. */
const SAID_CHARS = 16_384
const SAID_LINES = 20
/** Reading pauses while so many lines wait. */
const WAITING_LINES = 10_000

export class ChildProcess {
  readonly name: string
  /** 0 if the program could not be started. */
  readonly pid: number
  /** Resolves when the process is gone and its output is read. Never rejects. */
  readonly ended: Promise<ChildEnd>
  readonly #options: ChildOptions
  readonly #handle: Handle
  readonly #lines = new Inbox<string>()
  readonly #messages = new Inbox<unknown>()
  readonly #reader: Interface | undefined
  #said = ''
  #wanted = false

  private constructor(options: ChildOptions, handle: Handle) {
    this.name = options.name
    this.pid = handle.pid ?? 0
    this.#options = options
    this.#handle = handle
    handle.stdin?.on('error', () => {}) // EPIPE when the child has ended; `ended` tells
    handle.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_CHARS)
    })
    this.#reader = handle.stdout ? createInterface({ input: handle.stdout }) : undefined
    this.#reader?.on('line', line => {
      this.#lines.put(line)
      if (this.#lines.size >= WAITING_LINES) this.#reader!.pause()
    })
    this.#reader?.on('close', () => this.#lines.end())
    handle.on('message', message => this.#messages.put(message))
    handle.on('disconnect', () => this.#messages.end())
    this.ended = this.#follow()
  }

  /** Does not throw if the program does not exist: `ended` and every wait report the error. */
  static start(options: ChildOptions): ChildProcess {
    const { argv, watchdog, cwd, ipc } = options
    const [command, ...args] = argv
    const mark = watchdog && { [MARK]: watchdog.mark }
    const handle = spawn(command!, args, {
      stdio: stdioOf(options),
      // Detached: Ctrl-C in a terminal reaches this process alone, which then ends its children in order.
      detached: true,
      cwd,
      serialization: ipc,
      env: { ...environmentWithoutSettings(), ...options.env, ...mark },
    })
    if (handle.pid !== undefined) {
      handDownNiceness(handle.pid)
      watchdog?.watch(handle.pid)
    }
    return new ChildProcess(options, handle)
  }

  /** The last lines on standard error. */
  get said(): string[] {
    return this.#said.trim().split('\n').slice(-SAID_LINES)
  }

  get isRunning(): boolean {
    return this.pid !== 0 && this.#handle.exitCode === null && this.#handle.signalCode === null
  }

  /** The next line on standard output. @throws ChildError */
  line(timeoutMs: number): Promise<string> {
    return this.find(line => line, timeoutMs)
  }

  /**
   * The first line for which `pick` returns something. Earlier lines are gone.
   * @param late the predicate for a child that printed no such line: `was not ready`
   * @throws ChildError
   */
  async find<T>(pick: (line: string) => T | undefined, timeoutMs: number, late = LATE): Promise<T> {
    const deadline = performance.now() + timeoutMs
    const what = `${late} after ${timeoutMs / 1000} s`
    for (;;) {
      this.#reader?.resume()
      const line = await this.#next(this.#lines, deadline, what, 'closed its standard output')
      const found = pick(line)
      if (found !== undefined) return found
    }
  }

  /** Hands over every line that nobody has read, and all later ones. */
  forEachLine(take: (line: string) => void): void {
    this.#reader?.resume()
    this.#lines.forEach(take)
  }

  /** The next message over the channel. @throws ChildError */
  message(timeoutMs: number): Promise<unknown> {
    const deadline = performance.now() + timeoutMs
    return this.#next(this.#messages, deadline, `${LATE} after ${timeoutMs / 1000} s`, 'closed its channel')
  }

  /** Hands over every message that nobody has read, and all later ones. */
  forEachMessage(take: (message: unknown) => void): void {
    this.#messages.forEach(take)
  }

  /** A message that the child can no longer take is dropped; the wait for the answer tells. */
  send(message: object): void {
    this.#handle.send(message, () => {})
  }

  write(text: string): void {
    this.#handle.stdin!.write(text)
  }

  closeInput(): void {
    this.#handle.stdin!.end()
  }

  /** A child that has ended gets no signal. */
  kill(signal: NodeJS.Signals): void {
    if (!this.isRunning) return
    if (this.#options.group) process.kill(-this.pid, signal)
    else this.#handle.kill(signal)
  }

  /** Asks the child to end, kills the child if it takes too long, and resolves when it is gone. */
  async end(): Promise<ChildEnd> {
    this.#wanted = true
    this.#sayFarewell()
    if ((await within(this.#options.graceMs ?? GRACE_MS, this.ended)) === undefined) this.kill('SIGKILL')
    return this.ended
  }

  /** Waits for the child to end by itself, and ends a child that takes longer. */
  async endWithin(ms: number): Promise<ChildEnd> {
    return (await within(ms, this.ended)) ?? this.end()
  }

  #sayFarewell(): void {
    const { farewell = 'SIGTERM' } = this.#options
    if (!this.isRunning) return
    if (farewell === 'close-input') this.closeInput()
    else if (farewell !== 'disconnect') this.kill(farewell)
    else if (this.#handle.connected) this.#handle.disconnect()
  }

  /**
   * @param late the predicate for a silent child @param closed the predicate for a child that can say nothing any more
   */
  async #next<T>(inbox: Inbox<T>, deadline: number, late: string, closed: string): Promise<T> {
    const item = inbox.next().then(item => ({ item }))
    const next = await within(Math.max(0, deadline - performance.now()), item)
    if (next?.item !== undefined) return next.item
    const end = next && (await within(DRAIN_MS, this.ended))
    await this.end()
    const what = end ? describeEnd(end) : next ? closed : late
    throw new ChildError(this.name, what, this.said)
  }

  async #follow(): Promise<ChildEnd> {
    const end = await new Promise<Omit<ChildEnd, 'wanted'>>(resolve => {
      this.#handle.on('error', failure => {
        // Otherwise a signal or a message could not be sent, which `exit` explains.
        if (this.#handle.pid === undefined) resolve({ code: null, signal: null, failure })
      })
      this.#handle.once('exit', (code, signal) => resolve({ code, signal }))
    })
    this.#options.watchdog?.forget(this.pid)
    await within(DRAIN_MS, this.#drained())
    for (const stream of this.#outputs) stream.destroy()
    for (const inbox of [this.#lines, this.#messages]) inbox.end()
    return { ...end, wanted: this.#wanted }
  }

  get #outputs(): Readable[] {
    return [this.#handle.stdout, this.#handle.stderr].filter(stream => stream !== null)
  }

  /** The event `close` of the process does not help: it never comes if this process has closed the channel. */
  async #drained(): Promise<void> {
    const open = this.#outputs.filter(stream => !stream.closed).map(stream => once(stream, 'close'))
    if (this.#handle.connected) open.push(once(this.#handle, 'disconnect'))
    await Promise.all(open).catch(() => {})
  }
}

const LATE = 'had not answered'

function stdioOf({ input = 'none', output = 'lines', errors = 'keep', ipc }: ChildOptions): StdioOptions {
  return [
    input === 'pipe' ? 'pipe' : 'ignore',
    output === 'lines' ? 'pipe' : output,
    errors === 'keep' ? 'pipe' : errors,
    ...(ipc ? (['ipc'] as const) : []),
  ]
}
