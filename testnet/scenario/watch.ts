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
  readonly #memory = new Map<number, { readonly name: string; before: number; most: number; grown: number }>()
  readonly #over = new AbortController()
  readonly #watching: Promise<void>

  constructor(private readonly nodes: () => readonly WatchedNode[]) {
    this.#watching = this.#watch()
  }

  /** Megabytes by name: the most at any time, less what the process held when the fault before it began. */
  get memoryGrowth(): ReadonlyMap<string, number> {
    const growth = new Map<string, number>()
    for (const { name, before, most, grown } of this.#memory.values()) {
      const megabytes = Math.round(Math.max(grown, most - before) / MEGABYTE)
      growth.set(name, Math.max(growth.get(name) ?? 0, megabytes))
    }
    return growth
  }

  /** A fault begins. */
  async mark(): Promise<void> {
    for (const { name, pid } of this.nodes()) {
      const before = await residentBytes(pid)
      if (before === undefined) continue
      const { grown = 0, ...last } = this.#memory.get(pid) ?? { before, most: before }
      this.#memory.set(pid, { name, before, most: before, grown: Math.max(grown, last.most - last.before) })
    }
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      for (const pid of this.#memory.keys()) {
        const bytes = (await residentBytes(pid)) ?? 0
        const memory = this.#memory.get(pid)!
        memory.most = Math.max(memory.most, bytes)
      }
      for (const { name, ...status } of await statusesOf(this.nodes())) {
        const texts = this.statuses.get(name) ?? new Set()
        this.statuses.set(name, texts.add(JSON.stringify(status)))
      }
      await delay(LOOK_MS, undefined, { signal: this.#over.signal }).catch(() => {})
    }
  }
}
