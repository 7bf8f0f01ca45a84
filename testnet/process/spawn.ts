/** One node as an operating-system process of its own, with a log file, from its start to its end. */
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'
import { type ChildEnd, ChildError, describeEnd } from './child-end.js'
import { ChildProcess } from './child-process.js'
import type { Watchdog } from './watchdog.js'

const TAIL_LINES = 3
/** A node that hangs ends itself before, with an exit code that says so: see verifier/cli/run-node.ts. */
const GRACE_MS = 12_000

/** What a node prints on standard output once it is up. */
export interface ReadyLine {
  readonly event: 'ready'
  readonly apiUrl?: string
  /** of a client: where applications connect, as URLs */
  readonly proxies?: readonly string[]
  readonly pid: number
}

export interface NodeExit extends Pick<ChildEnd, 'code' | 'signal' | 'wanted'> {
  readonly name: string
  /** The last log messages, oldest first. */
  readonly lastLog: readonly string[]
}

export interface NodeProcess {
  readonly pid: number
  /** Rejects with a NodeStartError if the node ends or stays silent instead. */
  readonly ready: Promise<ReadyLine>
  readonly exited: Promise<NodeExit>
  /** SIGTERM, then SIGKILL if the node takes too long. Resolves when the process is gone. */
  stop(): Promise<NodeExit>
  kill(signal: NodeJS.Signals): void
  /** Over the channel, which must be open. */
  send(message: object): void
}

export interface NodeSpec {
  readonly name: string
  readonly argv: readonly string[]
  readonly logPath: string
  readonly readyTimeoutMs: number
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Opens a channel, and takes what the node says over it. */
  readonly onMessage?: ((message: unknown) => void) | undefined
}

/** A node that could not be started: one line with its last log messages. */
export class NodeStartError extends Error {
  constructor(name: string, what: string, lastLog: readonly string[], logPath: string) {
    super(`${name} ${what}${lastLog.length > 0 ? `: ${lastLog.join(' | ')}` : ''} (log: ${logPath})`)
    this.name = 'NodeStartError'
  }
}

export function startNode(spec: NodeSpec, watchdog: Watchdog): NodeProcess {
  const { name, argv, logPath, env = {}, onMessage } = spec
  const log = openSync(logPath, 'a')
  const channel = onMessage && { ipc: 'json' as const }
  const child = ChildProcess.start({ name, argv, watchdog, errors: log, env, graceMs: GRACE_MS, ...channel })
  closeSync(log)
  if (onMessage) child.forEachMessage(onMessage)
  const exited = child.ended.then(({ code, signal, wanted, failure }): NodeExit => {
    return { name, code, signal, wanted, lastLog: failure ? [failure.message] : tail(logPath) }
  })
  return {
    pid: child.pid,
    ready: untilReady(child, spec, exited),
    exited,
    stop: () => child.end().then(() => exited),
    kill: signal => child.kill(signal),
    send: message => child.send(message),
  }
}

async function untilReady(child: ChildProcess, spec: NodeSpec, exited: Promise<NodeExit>): Promise<ReadyLine> {
  const { name, logPath, readyTimeoutMs } = spec
  const keep = (line: string) => appendFileSync(logPath, `${line}\n`)
  try {
    const ready = await child.find(line => readyLine(line) ?? keep(line), readyTimeoutMs, 'was not ready')
    child.forEachLine(keep)
    return ready!
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
