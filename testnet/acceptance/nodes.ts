/** Single nodes of a running test network: asked, killed and started again from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ReadyNode } from '../network/events.js'
import { isAlive } from './testnet-run.js'

export interface NodeStatus {
  readonly epoch: number
  /** why the node stands where it stands, for people */
  readonly sentence: string
  readonly tip: { readonly epoch: number; readonly headerHash: string }
}

export async function nodeStatus(node: { readonly apiUrl?: string | undefined }): Promise<NodeStatus> {
  if (!node.apiUrl) throw new Error('the node has no API address')
  const response = await fetch(new URL('/v1/status', node.apiUrl), { signal: AbortSignal.timeout(5000) })
  return (await response.json()) as NodeStatus
}

/** SIGKILL by its id; resolves once the process is gone. */
export async function killNode(node: ReadyNode): Promise<void> {
  process.kill(node.pid, 'SIGKILL')
  while (isAlive(node.pid)) await new Promise(resolve => setTimeout(resolve, 20))
}

/** A node started again with the command line that the test network names for it. It is ours to stop. */
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
