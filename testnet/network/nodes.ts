/**
 * The processes of a run: started by plan, ended by profile, by a fault or with the run. Every end is noticed, and a node
 * that the testnet did not end is started again.
 */
import { mkdir } from 'node:fs/promises'
import { rateText } from '../../verifier/cli/figures.js'
import { initNode } from '../../verifier/cli/init.js'
import { UserError } from '../../verifier/config/errors.js'
import type { NodeExit, NodeSpec } from '../process/spawn.js'
import type { Watchdog } from '../process/watchdog.js'
import type { ReadyNode } from './events.js'
import { LinkFaults } from './link-faults.js'
import { type NodeSurroundings, providerCommand, verifierCommand } from './node-commands.js'
import type { NodeSetting } from './node-setting.js'
import type { PlannedProvider, PlannedVerifier } from './plan.js'
import type { RegisteredNode } from './setup.js'
import { type NodeRestart, SupervisedNode, type Supervision } from './supervised-node.js'
import { TWIN } from './verifier-result.js'

/** Many processes start at once, perhaps on two cores: 24 of them have taken more than a minute. */
const READY_TIMEOUT_MS = 240_000

export class Nodes {
  readonly exits: NodeExit[] = []
  readonly #nodes = new Map<string, SupervisedNode>()
  /** of each node */
  readonly dataDirs = new Map<string, string>()
  readonly #stopped = new Set<string>()
  #restarting: Promise<unknown> = Promise.resolve()
  readonly #providers = new Map<string, PlannedProvider>()
  /** kbit/s, of providers that were slowed by hand */
  readonly #limits = new Map<string, number>()
  readonly #links: LinkFaults

  constructor(
    private readonly around: NodeSurroundings,
    private readonly watchdog: Watchdog,
    private readonly onExit: (exit: NodeExit) => void,
    private readonly onRestart: (restart: NodeRestart) => void,
    private readonly setting: NodeSetting,
  ) {
    this.#links = new LinkFaults(setting.conditions)
  }

  /**
   * @param apiPort (default: any) @param portMayChange if it is taken
   * @throws NodeStartError
   */
  async startVerifier(
    planned: PlannedVerifier,
    registered: RegisteredNode,
    apiPort = 0,
    portMayChange = false,
  ): Promise<ReadyNode> {
    const argvOf = (port: number) => verifierCommand(planned, this.around, port)
    return this.#start(planned, registered, argvOf, { apiPort, portMayChange })
  }

  /** A second process with the keys of a verifier, in a directory of its own. @throws NodeStartError */
  async startTwin(planned: PlannedVerifier, registered: RegisteredNode): Promise<ReadyNode> {
    const { dataDir, log } = planned
    const twin = {
      ...planned,
      name: `${planned.name}${TWIN}`,
      dataDir: `${dataDir}${TWIN}`,
      log: log.replace(/\.log$/, `${TWIN}.log`),
    }
    return this.startVerifier(twin, registered)
  }

  /** @throws NodeStartError */
  async startProvider(planned: PlannedProvider, registered: RegisteredNode): Promise<ReadyNode> {
    const { name, deliversKbps } = planned
    this.#providers.set(name, planned)
    const argvOf = (port: number) => {
      const limited = { ...planned, deliversKbps: this.#limits.get(name) ?? deliversKbps }
      return providerCommand(limited, this.around, port)
    }
    return this.#start(planned, registered, argvOf, { apiPort: 0, portMayChange: false })
  }

  /** Ends a node in order, and keeps it down until `start`. */
  async stop(name: string): Promise<void> {
    const node = this.#of(name)
    if (this.#stopped.has(name)) return
    this.#stopped.add(name)
    await node.down('SIGTERM')
  }

  /** Starts a node that was stopped, or that ended once too often, unless somebody holds it. */
  start(name: string): void {
    const node = this.#of(name)
    if (this.#stopped.delete(name)) node.release()
    else node.up()
  }

  /** Those that were stopped and not started again. */
  get stopped(): ReadonlySet<string> {
    return new Set(this.#stopped)
  }

  /** Stops these and starts the others. */
  async stopOnly(names: ReadonlySet<string>): Promise<void> {
    await Promise.all([...this.#nodes.keys()].map(name => (names.has(name) ? this.stop(name) : this.start(name))))
  }

  /** Ends a node at once, and keeps it down until `release`. */
  hold(name: string): Promise<void> {
    return this.#of(name).down('SIGKILL')
  }

  /** Takes one `hold` back. The node starts again when nobody holds it any more. */
  release(name: string): void {
    this.#of(name).release()
  }

  /** Starts a node that ended once too often, unless somebody holds it. */
  revive(name: string): void {
    this.#of(name).up()
  }

  /** Ends a node at once. It comes back by itself. */
  kill(name: string): void {
    this.#of(name).kill()
  }

  pause(name: string): void {
    this.#of(name).signal('SIGSTOP')
  }

  resume(name: string): void {
    this.#of(name).signal('SIGCONT')
  }

  /** Parts a node from all others until `mend`. It reaches the chain. */
  cutOff(name: string): void {
    this.#of(name)
    this.#links.cutOff(name)
  }

  /** Whatever passes between a node and others over TCP takes longer until `mend`. @param ms each way */
  delay(name: string, ms: number): void {
    this.#of(name)
    this.#links.delay(name, ms)
  }

  /**
   * Starts a provider again, so that it forwards no more than this until `mend`.
   * @throws UserError 'usage' for a node whose rate cannot be lowered so
   */
  async slow(name: string, rateKbps: number): Promise<void> {
    const node = this.#of(name)
    const provider = this.#providers.get(name)
    if (provider === undefined) throw new UserError('usage', `${name} is a verifier. Only a provider can be slowed.`)
    const { profileName, profile, deliversKbps } = provider
    if (profile.forwarding || profileName === 'decoy') {
      throw new UserError('usage', `${name} forwards as its profile ${profileName} says. Slow another provider.`)
    }
    if (rateKbps >= deliversKbps) {
      throw new UserError('usage', `${name} delivers ${rateText(deliversKbps)}. Name a lower rate.`)
    }
    this.#limits.set(name, rateKbps)
    await restart(node)
  }

  /** Undoes `cutOff`, `delay` and `slow`. @throws UserError 'usage' if there is nothing to undo */
  async mend(name: string): Promise<void> {
    const node = this.#of(name)
    const wasLinked = this.#links.mend(name)
    if (this.#limits.delete(name)) await restart(node)
    else if (!wasLinked) throw new UserError('usage', `${name} is neither cut off, nor delayed, nor slowed.`)
  }

  /** of the process that runs, or ran last */
  pidOf(name: string): number {
    return this.#of(name).pid
  }

  /** Nodes that are down for good, although the testnet ended none of them. */
  get ended(): NodeExit[] {
    return [...this.#nodes.values()].flatMap(({ ended }) => (ended === undefined ? [] : [ended]))
  }

  /** Ends the nodes that are up in order, and starts them again after `between`, whatever comes of it. One after another. */
  restartAll(between: () => Promise<void>): Promise<void> {
    const restarting = this.#restarting.then(() => this.#restartAll(between))
    this.#restarting = restarting.catch(() => undefined)
    return restarting
  }

  async #restartAll(between: () => Promise<void>): Promise<void> {
    const up = [...this.#nodes.values()].filter(node => node.isKeptUp)
    await Promise.all(up.map(node => node.down('SIGTERM')))
    try {
      await between()
    } finally {
      for (const node of up) node.release()
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(node => node.down('SIGTERM')))
  }

  #of(name: string): SupervisedNode {
    const node = this.#nodes.get(name)
    if (node !== undefined) return node
    throw new UserError('usage', `No node is called ${name}. The nodes are ${[...this.#nodes.keys()].join(', ')}.`)
  }

  async #start(
    planned: PlannedVerifier | PlannedProvider,
    { index, account }: RegisteredNode,
    argvOf: (apiPort: number) => readonly string[],
    port: Pick<Supervision, 'apiPort' | 'portMayChange'>,
  ): Promise<ReadyNode> {
    const { name, role, dataDir, log, keys, profileName: profile } = planned
    const { conditions, disks } = this.setting
    const disk = disks?.get(name)
    await mkdir(dataDir, { recursive: true })
    await initNode(role, disk?.outside ?? dataDir, keys)
    const spec = (port: number): NodeSpec => {
      const plain = { name, argv: argvOf(port), logPath: log, readyTimeoutMs: READY_TIMEOUT_MS }
      const conditioned = conditions.apply(plain)
      return disk === undefined ? conditioned : { ...conditioned, argv: disk.inside(conditioned.argv) }
    }
    const node = new SupervisedNode({
      ...{ watchdog: this.watchdog, spec, ...port },
      onStart: process => conditions.attach(name, process),
      onExit: exit => {
        this.exits.push(exit)
        this.onExit(exit)
      },
      onRestart: this.onRestart,
    })
    this.#nodes.set(name, node)
    this.dataDirs.set(name, dataDir)
    const { pid, apiUrl, argv } = await node.start()
    return { name, role, profile, index, address: account, pid, apiUrl, dataDir, log, argv }
  }
}

async function restart(node: SupervisedNode): Promise<void> {
  await node.down('SIGTERM')
  node.release()
}
