/** A walk through a guide: each of its commands is typed as it stands on the page, but for the words that a reader replaces. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Watchdog } from '../process/watchdog.js'
import { commandsOf, withWords } from './page.js'
import { type Answers, Typed } from './typist.js'

/** How long one command may take: some wait for a block, some measure for ten seconds, one builds everything. */
const COMMAND_MS = 600_000

type Words = Readonly<Record<string, string>>
type GoesOn = { readonly until: RegExp; readonly name: string }

export interface Step<World> {
  /** how the command on the page begins */
  readonly command: string
  /** Before it is typed: what a reader waits for, or does elsewhere. */
  readonly before?: (world: World, walk: Walk<World>) => Promise<void> | void
  /** What this command's words stand for, if not what they stand for everywhere. */
  readonly words?: (world: World, walk: Walk<World>) => Words
  /** Codes with which it may end (default: 0). */
  readonly exits?: readonly number[]
  /** For a command that goes on: what it prints once it does what it is for. It then runs under this name until `stop`. */
  readonly goesOn?: GoesOn
  /** What it prints where this machine lacks something. It then counts as not tried, which is told. */
  readonly lacks?: RegExp
  readonly after?: (world: World, printed: string, walk: Walk<World>) => Promise<void> | void
  /** Why it is not typed at all. */
  readonly skip?: string
}

export interface Guide<World = unknown> {
  /** file name in docs/guides */
  readonly page: string
  readonly steps: readonly Step<World>[]
}

export interface WalkOptions {
  /** Where the commands run: a checkout. */
  readonly checkout: string
  readonly watchdog: Watchdog
  /** A directory, for what commands print. */
  readonly records: string
  readonly answers: Answers
  /** What the page's words stand for everywhere. It may grow on the way. */
  readonly words: Record<string, string>
  readonly tell: (line: string) => void
}

export class Walk<World> {
  readonly words: Record<string, string>
  readonly #running = new Map<string, Typed>()
  /** the page's commands that went on, by name */
  readonly #known = new Map<string, readonly [text: string, goesOn: GoesOn, words: Words]>()
  #typed = 0

  constructor(private readonly options: WalkOptions) {
    this.words = options.words
    mkdirSync(options.records, { recursive: true })
  }

  /** Where the commands run, and put files with plain names. */
  get checkout(): string {
    return this.options.checkout
  }

  /** @throws Error that names the page's line, and what came instead */
  async through(guide: Guide<World>, world: World): Promise<void> {
    const page = join(this.options.checkout, 'docs', 'guides', guide.page)
    const commands = commandsOf(readFileSync(page, 'utf8'))
    try {
      for (const [i, command] of commands.entries()) {
        const where = `${guide.page}:${command.line}`
        await this.#step(where, command.text, guide.steps[i], world).catch(error => {
          throw new Error(`${where}: ${error.message}`)
        })
      }
    } finally {
      for (const name of [...this.#running.keys()]) await this.stop(name)
    }
  }

  /** Types a command that is on no page, such as one that a reader finds in its text. @returns what it printed */
  async types(text: string, exits: readonly number[] = [0], words: Words = {}): Promise<string> {
    const typed = this.#start(text, words)
    const code = await typed.toEnd(COMMAND_MS)
    if (!exits.includes(code)) throw new Error(`"${text}" ended with code ${code}:\n${typed.printed}`)
    return typed.printed
  }

  /** Types a command of the page again that went on and was stopped. */
  async again(name: string): Promise<void> {
    await this.#starts(...this.#known.get(name)!)
  }

  /** Interrupts a command that goes on. */
  async stop(name: string): Promise<void> {
    const typed = this.#running.get(name)
    this.#running.delete(name)
    await typed?.interrupt()
  }

  async #starts(text: string, goesOn: GoesOn, words: Words): Promise<string> {
    const { until, name } = goesOn
    this.#known.set(name, [text, goesOn, words])
    const typed = this.#start(text, words)
    this.#running.set(name, typed)
    await typed.prints(until, COMMAND_MS).catch(error => {
      throw new Error(`"${text}" ${error.message}:\n${typed.printed}`)
    })
    return typed.printed
  }

  async #step(where: string, text: string, step: Step<World> | undefined, world: World): Promise<void> {
    if (step === undefined || !text.startsWith(step.command)) throw new Error(`the walk has no step for: ${text}`)
    if (step.skip !== undefined) return this.options.tell(`  skip ${where} ${text} (${step.skip})`)
    await step.before?.(world, this)
    const start = performance.now()
    const words = step.words?.(world, this)
    const printed = await (step.goesOn
      ? this.#starts(text, step.goesOn, words ?? {})
      : this.types(text, step.exits, words)
    ).catch(error => {
      if (step.lacks?.test(error.message)) return undefined
      throw error
    })
    if (printed === undefined)
      return this.options.tell(`  skip ${where} ${text} (this machine lacks something: ${step.lacks})`)
    await step.after?.(world, printed, this)
    this.options.tell(`  ok   ${where} ${text} (${((performance.now() - start) / 1000).toFixed(0)} s)`)
  }

  #start(text: string, words: Words): Typed {
    const { checkout: cwd, watchdog, records, answers } = this.options
    const record = join(records, `${String(++this.#typed).padStart(3, '0')}.txt`)
    return new Typed(withWords(text, { ...this.words, ...words }), { cwd, watchdog, record, answers })
  }
}
