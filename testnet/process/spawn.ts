/** One node as an operating-system process of its own, with a log file, from its start to its end. */
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'
import { type ChildEnd, ChildError, describeEnd } from './child-end.js'
import { ChildProcess } from './child-process.js'
import type { Watchdog } from './watchdog.js'

const TAIL_LINES = 3

/** What a node prints on standard output once it is up. */
export interface ReadyLine {
  readonly event: 'ready'
  readonly role: 'verifier' | 'provider'
  readonly apiUrl?: string
  readonly pid: number
}

export interface NodeExit extends Pick<ChildEnd, 'code' | 'signal' | 'wanted'> {
  readonly name: string
  /** The last log messages, oldest first. */
  readonly lastLog: readonly string[]
}

export interface NodeProcess {
  readonly pid: number
  readonly ready: ReadyLine
  readonly exited: Promise<NodeExit>
  /** SIGTERM, then SIGKILL if the node takes too long. Resolves when the process is gone. */
  stop(): Promise<NodeExit>
}

export interface NodeSpec {
  readonly name: string
  readonly argv: readonly string[]
  readonly logPath: string
  readonly readyTimeoutMs: number
}

/** A node that could not be started: one line with its last log messages. */
export class NodeStartError extends Error {
  constructor(name: string, what: string, lastLog: readonly string[], logPath: string) {
    super(`${name} ${what}${lastLog.length > 0 ? `: ${lastLog.join(' | ')}` : ''} (log: ${logPath})`)
    this.name = 'NodeStartError'
  }
}

/** Starts a node and waits for its ready line. @throws NodeStartError when the node ends or stays silent instead */
export async function spawnNode(spec: NodeSpec, watchdog: Watchdog): Promise<NodeProcess> {
  const { name, argv, logPath, readyTimeoutMs } = spec
  const log = openSync(logPath, 'a')
  const child = ChildProcess.start({ name, argv, watchdog, errors: log })
  closeSync(log)
  const exited = child.ended.then(({ code, signal, wanted, failure }): NodeExit => {
    return { name, code, signal, wanted, lastLog: failure ? [failure.message] : tail(logPath) }
  })
  const keep = (line: string) => appendFileSync(logPath, `${line}\n`)
  try {
    const isReady = (line: string) => readyLine(line) ?? keep(line)
    const ready = (await child.find(isReady, readyTimeoutMs, 'was not ready'))!
    child.forEachLine(keep)
    return { pid: child.pid, ready, exited, stop: () => child.end().then(() => exited) }
  } catch (error) {
    if (!(error instanceof ChildError)) throw error
    const exit = await exited
    throw new NodeStartError(name, exit.wanted ? error.what : describeEnd(exit), exit.lastLog, logPath)
  }
}

function readyLine(line: string): ReadyLine | undefined {
  try {
    const parsed = JSON.parse(line) as ReadyLine
    return parsed.event === 'ready' ? parsed : undefined
  } catch {
    return undefined
  }
}

/** The last messages of a log in pino's JSON lines or plain text. */
function tail(logPath: string): string[] {
  const lines = readFileSync(logPath, 'utf8').split('\n')
  return lines
    .filter(line => line.trim() !== '')
    .slice(-TAIL_LINES)
    .map(line => {
      try {
        const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
        return [msg, err?.message].filter(Boolean).join(': ')
      } catch {
        return line
      }
    })
}
