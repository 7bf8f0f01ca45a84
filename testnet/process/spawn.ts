/** One node as an operating-system process of its own, with a log file, from its start to its end. */
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { environmentWithoutSettings } from '../../verifier/cli/settings.js'
import type { Watchdog } from './watchdog.js'

/** How long a node has to stop by itself before it is killed. */
const GRACE_MS = 5000
const TAIL_LINES = 3

/** What a node prints on standard output once it is up. */
export interface ReadyLine {
  readonly event: 'ready'
  readonly role: 'verifier' | 'provider'
  readonly apiUrl?: string
  readonly pid: number
}

export interface NodeExit {
  readonly name: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The testnet itself asked for it. */
  readonly wanted: boolean
  /** The last log messages, oldest first. */
  readonly lastLog: readonly string[]
}

export interface NodeProcess {
  readonly name: string
  readonly pid: number
  /** The whole command line, so that the very same node can be started again. */
  readonly argv: readonly string[]
  readonly logPath: string
  readonly ready: ReadyLine
  readonly exited: Promise<NodeExit>
  /** SIGTERM, then SIGKILL when it takes too long; resolves when the process is gone. */
  stop(): Promise<NodeExit>
}

export interface NodeSpec {
  readonly name: string
  readonly argv: readonly string[]
  readonly logPath: string
  readonly readyTimeoutMs: number
}

/** A node that could not be started: one line with what it said last. */
export class NodeStartError extends Error {
  constructor(name: string, what: string, lastLog: readonly string[], logPath: string) {
    super(`${name} ${what}${lastLog.length > 0 ? `: ${lastLog.join(' | ')}` : ''} (log: ${logPath})`)
    this.name = 'NodeStartError'
  }
}

/** Starts a node and waits for its ready line. @throws NodeStartError when it ends or stays silent instead */
export async function spawnNode(spec: NodeSpec, watchdog: Watchdog): Promise<NodeProcess> {
  const [command, ...args] = spec.argv
  const log = openSync(spec.logPath, 'a')
  // Detached: Ctrl-C in the terminal goes to the testnet alone, which then stops its nodes in order.
  const child = spawn(command!, args, {
    stdio: ['ignore', 'pipe', log],
    detached: true,
    env: environmentWithoutSettings(),
  })
  closeSync(log)
  if (child.pid !== undefined) watchdog.watch(child.pid)
  const pid = child.pid ?? 0

  let wanted = false
  const exited = new Promise<NodeExit>(resolve => {
    const end = (code: number | null, signal: NodeJS.Signals | null, failure?: Error) => {
      watchdog.forget(pid)
      const lastLog = failure ? [failure.message] : tail(spec.logPath)
      resolve({ name: spec.name, code, signal, wanted, lastLog })
    }
    child.once('error', failure => end(null, null, failure))
    child.once('exit', (code, signal) => end(code, signal))
  })

  const stop = async () => {
    wanted = true
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    const exit = await exited
    clearTimeout(timer)
    return exit
  }

  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      void stop()
    }, spec.readyTimeoutMs)
    createInterface({ input: child.stdout! }).on('line', line => {
      const found = readyLine(line)
      if (found) {
        clearTimeout(timer)
        resolve(found)
      } else appendFileSync(spec.logPath, `${line}\n`)
    })
    void exited.then(exit => {
      clearTimeout(timer)
      const what = late ? `was not ready after ${spec.readyTimeoutMs / 1000} s` : describeExit(exit)
      reject(new NodeStartError(spec.name, what, exit.lastLog, spec.logPath))
    })
  })
  return { name: spec.name, pid, argv: spec.argv, logPath: spec.logPath, ready, exited, stop }
}

/** `ended with exit code 3`, `was ended by SIGKILL`. */
export function describeExit(exit: Pick<NodeExit, 'code' | 'signal'>): string {
  if (exit.signal) return `was ended by ${exit.signal}`
  return exit.code === null ? 'could not be started' : `ended with exit code ${exit.code}`
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
