/**
 * Somebody at a terminal: types one command, and answers what it asks. The command runs below `script`, which gives it a
 * terminal of its own and writes down all that it prints.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { ChildProcess } from '../process/child-process.js'
import type { Watchdog } from '../process/watchdog.js'

const LOOK_MS = 100
const GRACE_MS = 40_000
const CTRL_C = '\x03'
/** A terminal without a size shows nothing that is drawn. */
const SIZED = 'stty rows 50 columns 160 && '

/** What a command may ask, and what is answered. Nothing else is. */
export type Answers = readonly (readonly [question: RegExp, answer: string])[]

export interface TypedOptions {
  readonly cwd: string
  readonly watchdog: Watchdog
  /** Path of a file, in which everything printed is written down. */
  readonly record: string
  readonly answers: Answers
  readonly env?: Readonly<Record<string, string>>
}

export class Typed {
  readonly #child: ChildProcess
  readonly #options: TypedOptions
  /** characters of the record up to the last question that was answered */
  #answered = 0

  constructor(command: string, options: TypedOptions) {
    const { cwd, watchdog, record, env } = options
    this.#options = options
    this.#child = ChildProcess.start({
      ...{ name: command, argv: ['script', '--quiet', '--flush', '--return', '--command', SIZED + command, record] },
      ...{ cwd, watchdog, env, input: 'pipe', output: 'ignore', graceMs: GRACE_MS, farewell: 'close-input' },
    })
  }

  /** Everything that the command has printed, without colours. */
  get printed(): string {
    try {
      const text = stripVTControlCharacters(readFileSync(this.#options.record, 'utf8')).replaceAll('\r', '')
      return text.replace(/^Script started.*\n/, '').replace(/\nScript done.*\n?$/, '')
    } catch {
      return '' // `script` has not made the file yet
    }
  }

  /** @returns the exit code @throws Error if the command takes longer, which ends it */
  async toEnd(ms: number): Promise<number> {
    const code = await this.#until(() => (this.#child.isRunning ? undefined : true), ms)
    if (code === undefined) throw await this.#tooLong(ms, 'had not ended')
    return (await this.#child.ended).code ?? -1
  }

  /** Waits until the command prints something. @throws Error if it ends before, or takes longer, which ends it */
  async prints(what: RegExp, ms: number): Promise<void> {
    const seen = await this.#until(() => what.test(this.printed) || (this.#child.isRunning ? undefined : false), ms)
    if (seen === undefined) throw await this.#tooLong(ms, `had not printed ${what}`)
    if (!seen) throw new Error(`ended without printing ${what}`)
  }

  /** Ctrl-C, and then the exit code. */
  async interrupt(): Promise<number> {
    if (this.#child.isRunning) this.#child.write(CTRL_C)
    return this.toEnd(GRACE_MS)
  }

  async #until<T>(look: () => T | undefined, ms: number): Promise<T | undefined> {
    const deadline = performance.now() + ms
    for (;;) {
      this.#answer()
      const seen = look()
      if (seen !== undefined || performance.now() > deadline) return seen
      await delay(LOOK_MS)
    }
  }

  #answer(): void {
    if (!this.#child.isRunning) return
    const { printed } = this
    const asked = printed.slice(this.#answered)
    const known = this.#options.answers.find(([question]) => question.test(asked))
    if (known === undefined) return
    this.#answered = printed.length
    this.#child.write(`${known[1]}\r`)
  }

  async #tooLong(ms: number, what: string): Promise<Error> {
    await this.#child.end()
    return new Error(`${what} after ${ms / 1000} s`)
  }
}
