/** Single nodes of a running test network, which are asked, killed and started again from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ask } from '../../verifier/api/client.js'
import { ENDPOINTS } from '../../verifier/evidence/schema/endpoints.js'
import type { StatusJson } from '../../verifier/evidence/schema/status.js'
import type { ReadyNode } from '../network/events.js'
import { isAlive } from './testnet-run.js'

const TIMEOUT_MS = 5000

/** @throws Error if the verifier does not answer, or gives an unexpected answer */
export async function nodeStatus({ apiUrl }: { readonly apiUrl?: string | undefined }): Promise<StatusJson> {
  if (!apiUrl) throw new Error('the node has no API address')
  const answer = await ask(ENDPOINTS.status, { apiUrl, timeoutMs: TIMEOUT_MS })
  if (answer.kind === 'answer') return answer.value
  throw new Error(`no status from ${apiUrl}: ${JSON.stringify(answer)}`)
}

/** SIGKILL by its id; resolves once the process is gone. */
export async function killNode(node: ReadyNode): Promise<void> {
  process.kill(node.pid, 'SIGKILL')
  while (isAlive(node.pid)) await new Promise(resolve => setTimeout(resolve, 20))
}

/** A node that was started again with the command line that the test network names for it. The caller stops it. */
export class RestartedNode {
  readonly #child: ChildProcess
  readonly #log: string[] = []

  private constructor(child: ChildProcess) {
    this.#child = child
    createInterface({ input: child.stderr! }).on('line', line => this.#log.push(line))
  }

  /** Resolves when the node says that it is up. @throws when it ends instead */
  static async start(node: ReadyNode): Promise<RestartedNode> {
    const [command, ...args] = node.argv
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const restarted = new RestartedNode(child)
    const ready = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout! }).on('line', line => {
        if (line.includes('"ready"')) resolve()
      })
      child.once('exit', code => reject(new Error(`ended with exit code ${code}: ${restarted.lastLog}`)))
    })
    await ready
    return restarted
  }

  /** @throws Error if the process could not be started */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`it was never started: ${this.lastLog}`)
    return this.#child.pid
  }

  get lastLog(): string {
    return this.#log.slice(-3).join(' | ')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(timer)
  }
}
