/** Shows again and again what a command finds, until Ctrl-C. */
import { setTimeout as pause } from 'node:timers/promises'
import { aborted } from '../node/waiting.js'
import { cutLines } from './cut-lines.js'
import { print } from './output.js'
import { printableLines } from './printable.js'
import { Screen, type ScreenOutput } from './screen.js'

const EVERY_MS = 2000

export const WATCH_OPTION = {
  watch: { type: 'boolean', default: false, describe: 'Show it again every 2 seconds, until Ctrl-C' },
} as const

export interface Watched<T> {
  readonly look: () => Promise<T>
  readonly textOf: (found: T) => string
  /** ends the watch, and gives up a look that is under way */
  readonly until: AbortSignal
  /** (default: 2000) */
  readonly everyMs?: number
}

/**
 * On a terminal the text is drawn in place. Elsewhere, and with `--json`, each finding is printed.
 * @throws what the first look throws. If a later one fails, what was seen last stays, with a sentence that says so
 */
export async function watch<T>(
  flags: { readonly json?: unknown },
  { look, textOf, until, everyMs = EVERY_MS }: Watched<T>,
  output: ScreenOutput = process.stdout,
): Promise<void> {
  const screen = output.isTTY && !flags.json ? new Screen(output) : undefined
  const draw = (text: string) => screen?.draw(({ columns }) => cutLines(printableLines(text), columns))
  let seen: string | undefined
  const show = (found: T) => {
    seen = textOf(found)
    if (screen) draw(seen)
    else print(flags, found, textOf)
  }
  const complain = (error: Error) => {
    if (seen === undefined) throw error
    if (screen) draw(`${seen}\n\nNot up to date: ${error.message}`)
    else process.stderr.write(`Not up to date: ${printableLines(error.message)}\n`)
  }
  const over = aborted(until)
  try {
    while (!until.aborted) {
      await Promise.race([over, look().then(show).catch(complain)])
      await pause(everyMs, undefined, { signal: until }).catch(() => undefined)
    }
  } finally {
    screen?.end()
  }
}
