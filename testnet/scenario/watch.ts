/** What verifiers say about themselves over a run, and how much memory they take. */
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiNode, statusesOf } from '../network/verifier-api.js'
import { residentBytes } from '../process/memory.js'

const LOOK_MS = 500
const MEGABYTE = 2 ** 20

interface WatchedNode extends ApiNode {
  /** of the process that runs now */
  readonly pid: number
}

export class Watch {
  /** each text of `/v1/status` once, by name */
  readonly statuses = new Map<string, Set<string>>()
  readonly #memory = new Map<number, { readonly name: string; readonly before: number; most: number }>()
  readonly #over = new AbortController()
  readonly #watching: Promise<void>

  constructor(private readonly nodes: () => readonly WatchedNode[]) {
    this.#watching = this.#watch()
  }

  /** Megabytes by name: the most at any time, less what the process held when `start` was called. */
  get memoryGrowth(): ReadonlyMap<string, number> {
    const grown = [...this.#memory.values()].map(
      ({ name, before, most }) => [name, Math.round((most - before) / MEGABYTE)] as const,
    )
    return new Map(grown)
  }

  /** From here on memory counts: the first call does it. */
  async start(): Promise<void> {
    if (this.#memory.size > 0) return
    for (const { name, pid } of this.nodes()) {
      const before = await residentBytes(pid)
      if (before !== undefined) this.#memory.set(pid, { name, before, most: before })
    }
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      for (const [pid, memory] of this.#memory) memory.most = Math.max(memory.most, (await residentBytes(pid)) ?? 0)
      for (const { name, ...status } of await statusesOf(this.nodes())) {
        const texts = this.statuses.get(name) ?? new Set()
        this.statuses.set(name, texts.add(JSON.stringify(status)))
      }
      await delay(LOOK_MS, undefined, { signal: this.#over.signal }).catch(() => {})
    }
  }
}
