/**
 * The conditions under which each node of a run lives: its clock, and its TCP connections to other nodes. A node started
 * under conditions is the same program, with another clock and another `connect` (preload/conditions-preload.ts).
 *
 * Each process governs the connections that it opens, both ways, so a pair of nodes is parted whoever called whom. The
 * chain's RPC and the API are never cut. UDP is not touched: a session that is under way keeps its datagrams, but it
 * cannot open, and its stream is silent.
 */
import { pathToFileURL } from 'node:url'
import { entryPoint } from '../process/entry-point.js'
import type { NodeProcess, NodeSpec } from '../process/spawn.js'
import { CONDITIONS_VARIABLE, type Link, type Listening, type NodeConditions } from './condition-messages.js'

/** What one fault does to the links between pairs of nodes. */
export interface LinkRule extends Link {
  /** Whether the rule is about the link between these two. The order of the two does not matter. */
  readonly joins: (one: string, other: string) => boolean
}

export class Conditions {
  /** by how many milliseconds each is ahead of the machine's */
  readonly #clocks = new Map<string, number>()
  readonly #rules = new Set<LinkRule>()
  readonly #ports = new Map<string, Set<number>>()
  readonly #processes = new Map<string, NodeProcess>()

  /** The same node, under the conditions of this instant. */
  apply(spec: NodeSpec): NodeSpec {
    const { name, argv } = spec
    const env = { ...spec.env, [CONDITIONS_VARIABLE]: JSON.stringify(this.of(name)) }
    return { ...spec, argv: preloaded(argv), env, onMessage: message => this.#hear(name, message as Listening) }
  }

  /** @param process a new one of the node, which listens on no port yet */
  attach(name: string, process: NodeProcess): void {
    this.#processes.set(name, process)
    this.#ports.set(name, new Set())
  }

  /** Steps the node's clock, on top of earlier steps. */
  stepClock(name: string, ms: number): void {
    this.#clocks.set(name, (this.#clocks.get(name) ?? 0) + ms)
    this.#tell()
  }

  add(rule: LinkRule): void {
    this.#rules.add(rule)
    this.#tell()
  }

  remove(rule: LinkRule): void {
    this.#rules.delete(rule)
    this.#tell()
  }

  of(name: string): NodeConditions {
    const links = [...this.#ports].flatMap(([other, ports]) => {
      const rules = other === name ? [] : [...this.#rules].filter(rule => rule.joins(name, other))
      if (rules.length === 0) return []
      const cut = rules.some(rule => rule.cut)
      const delayMs = rules.reduce((sum, rule) => sum + rule.delayMs, 0)
      return [...ports].map(port => ({ port, cut, delayMs }))
    })
    return { clockMs: this.#clocks.get(name) ?? 0, links }
  }

  #hear(name: string, { listening }: Listening): void {
    this.#ports.get(name)?.add(listening)
    this.#tell()
  }

  #tell(): void {
    for (const [name, process] of this.#processes) process.send(this.of(name))
  }
}

/** @param argv of a module of this package, as `entryPoint` makes it */
function preloaded(argv: readonly string[]): string[] {
  const [program, ...options] = entryPoint(import.meta.url, './preload/conditions-preload.js')
  const preload = pathToFileURL(options.pop()!).href
  return [program!, ...options, '--import', preload, ...argv.slice(1)]
}
