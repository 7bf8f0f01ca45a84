/** The log of a node on standard error: text on a terminal, JSON lines elsewhere. */
import { fstatSync, readlinkSync } from 'node:fs'
import { isatty } from 'node:tty'
import pino, { type Level, type Logger } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'
import { withoutSecrets } from '../config/secrets.js'
import { printableLines } from './printable.js'

const STANDARD_ERROR = 2
/** So much of the log waits for a disk that is full. What comes then is lost, and counted. */
const MAX_WAITING_BYTES = 1 << 20

/**
 * A log that cannot be written, since its disk is full or its reader is gone, ends no node. Once it can be written again,
 * it tells how many lines are lost.
 * @param into an open file, or the path of one (default: standard error)
 * @param forPeople text instead of JSON (default: on a terminal)
 */
export function openLog(
  level: Level,
  into: number | string = STANDARD_ERROR,
  forPeople = typeof into === 'number' && isatty(into),
): Logger {
  const destination = pino.destination({ dest: into, sync: true, maxLength: MAX_WAITING_BYTES })
  const streamWrite = forPeople ? (line: string) => textOf(withoutSecrets(line)) : withoutSecrets
  const log = pino({ level, hooks: { streamWrite } }, destination)
  let lines = 0
  let reason: string | undefined
  destination.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.message
  })
  destination.on('drop', () => {
    lines++
  })
  destination.on('drain', () => {
    if (lines === 0) return
    const lost = { lines, reason }
    lines = 0
    log.warn(lost, 'the log could not be written for a while, and lost lines')
  })
  return log
}

const pretty = prettyFactory({
  colorize: isColorSupported,
  translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
  ignore: 'pid,hostname',
})

/** Peers and chain nodes have a say in what is logged: no text of theirs moves the cursor. JSON escapes it by itself. */
const textOf = (line: string): string =>
  pretty(JSON.parse(line, (_, value) => (typeof value === 'string' ? printableLines(value) : value)))

/** Where standard error goes, for a person. */
export function logPlace(): string {
  try {
    const file = readlinkSync(`/proc/self/fd/${STANDARD_ERROR}`) // Linux
    if (fstatSync(STANDARD_ERROR).isFile()) return `standard error, in ${file}`
  } catch {} // elsewhere, only its reader knows
  return 'standard error'
}
