/** The processes of the bench: a client, an exit, and a relay on each path. */
import type { Mode } from '../../../probe/tunnel/index.js'
import type { Namespace } from '../../lab/namespace.js'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'
import type { Watchdog } from '../../process/watchdog.js'
import { HOSTS, type Network } from './network.js'
import type { Answer, ExitFacts, Order, RoleOptions, Seen, Span, Total } from './role-messages.js'

const READY_MS = 30_000
const ANSWER_MS = 60_000

type KindOf = Answer extends infer A ? (A extends unknown ? keyof A : never) : never
type Said<Kind> = Answer extends infer A ? (A extends Record<Kind & PropertyKey, infer S> ? S : never) : never

/** A role's process, which a fault may end or stop. */
export class Part {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static start(options: RoleOptions, namespace: Namespace, watchdog: Watchdog): Part {
    const argv = namespace.inside([...entryPoint(import.meta.url, './role-main.js'), JSON.stringify(options)])
    const name = `the ${options.role}`
    return new Part(ChildProcess.start({ name, argv, watchdog, output: 'ignore', ipc: 'json', farewell: 'disconnect' }))
  }

  ready<Kind extends KindOf>(kind: Kind): Promise<Said<Kind>> {
    return this.#answer(kind, READY_MS)
  }

  ask<Kind extends KindOf>(order: Order, kind: Kind): Promise<Said<Kind>> {
    this.#child.send(order)
    return this.#answer(kind, ANSWER_MS)
  }

  /** `nsenter` has become the role's program, so the signal hits the role. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async end(): Promise<void> {
    this.#child.kill('SIGCONT')
    await this.#child.end()
  }

  async #answer<Kind extends KindOf>(kind: Kind, ms: number): Promise<Said<Kind>> {
    const answer = (await this.#child.message(ms)) as Record<KindOf, Said<Kind>>
    if (kind in answer) return answer[kind]
    throw new Error(`the bench's role answered ${JSON.stringify(answer)} where "${kind}" was expected`)
  }
}

interface RelayAt {
  readonly part: Part
  readonly port: number
}

export class Parts {
  readonly #network: Network
  readonly #watchdog: Watchdog
  readonly #client: Part
  readonly #exit: Part
  readonly #exitFacts: ExitFacts
  readonly #relays: (RelayAt | undefined)[]
  grantKbps = 0

  private constructor(network: Network, watchdog: Watchdog, client: Part, exit: Part, facts: ExitFacts) {
    this.#network = network
    this.#watchdog = watchdog
    this.#client = client
    this.#exit = exit
    this.#exitFacts = facts
    this.#relays = network.relays.map(() => undefined)
  }

  static async start(network: Network, watchdog: Watchdog): Promise<Parts> {
    const client = Part.start({ role: 'client', host: HOSTS.client }, network.client, watchdog)
    const exit = Part.start({ role: 'exit', host: '0.0.0.0' }, network.exit, watchdog)
    await client.ready('ready')
    return new Parts(network, watchdog, client, exit, await exit.ready('exit'))
  }

  /** Opens a tunnel with legs over the first paths, and asks for its flow. */
  async open(mode: Mode, legs: number, grantKbps: number, seed: string): Promise<void> {
    this.grantKbps = grantKbps
    await this.#client.ask({ open: { exit: this.#exitFacts, mode, seed } }, 'done')
    for (let path = 0; path < legs; path++) if (!(await this.addLeg(path))) throw new Error('a leg did not join')
  }

  /** Starts a relay on a path, and adds a leg over the relay. @returns whether the leg has joined */
  async addLeg(path: number): Promise<boolean> {
    const host = HOSTS.relay(path)
    const { grantKbps } = this
    const part = Part.start({ role: 'relay', host, grantKbps }, this.#network.relays[path]!, this.#watchdog)
    const port = await part.ready('ready')
    this.#relays[path] = { part, port }
    const exit = { host: HOSTS.exit(path), port: this.#exitFacts.port }
    return this.#client.ask({ leg: { path, relay: { host, port }, grantKbps, exit } }, 'joined')
  }

  hit(path: number, signal: 'SIGKILL' | 'SIGSTOP'): void {
    this.#relays[path]!.part.kill(signal)
  }

  /** Ends what is left of a relay. */
  async clear(path: number): Promise<void> {
    const relay = this.#relays[path]
    this.#relays[path] = undefined
    relay?.part.kill('SIGKILL')
    await relay?.part.end()
  }

  look(span: Span): Promise<Seen> {
    return this.#client.ask({ look: span }, 'seen')
  }

  /** Ends the flow, the tunnel and the relays. */
  async finish(): Promise<Total> {
    const total = await this.#client.ask({ finish: true }, 'total')
    for (const path of this.#relays.keys()) await this.clear(path)
    return total
  }

  async close(): Promise<void> {
    for (const path of this.#relays.keys()) await this.clear(path)
    await Promise.all([this.#client.end(), this.#exit.end()])
  }
}
