/** The processes of a run: started by plan, ended by profile or with the run. Every end is noticed. */
import { mkdir } from 'node:fs/promises'
import { initNode } from '../../verifier/cli/init.js'
import { type NodeExit, type NodeProcess, spawnNode } from '../process/spawn.js'
import type { Watchdog } from '../process/watchdog.js'
import type { ReadyNode } from './events.js'
import { type NodeSurroundings, providerCommand, verifierCommand } from './node-commands.js'
import type { PlannedProvider, PlannedVerifier } from './plan.js'
import type { RegisteredNode } from './setup.js'
import { TWIN } from './verifier-result.js'

/** Many processes start at once, perhaps on two cores. */
const READY_TIMEOUT_MS = 60_000

export class Nodes {
  readonly exits: NodeExit[] = []
  readonly #running = new Map<string, NodeProcess>()

  constructor(
    private readonly around: NodeSurroundings,
    private readonly watchdog: Watchdog,
    private readonly onExit: (exit: NodeExit) => void,
  ) {}

  /** @throws NodeStartError */
  async startVerifier(planned: PlannedVerifier, registered: RegisteredNode, apiPort: number): Promise<ReadyNode> {
    return this.#start(planned, registered, verifierCommand(planned, this.around, apiPort))
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
    return this.startVerifier(twin, registered, 0)
  }

  /** @throws NodeStartError */
  async startProvider(planned: PlannedProvider, registered: RegisteredNode): Promise<ReadyNode> {
    return this.#start(planned, registered, providerCommand(planned, this.around))
  }

  async stop(name: string): Promise<void> {
    await this.#running.get(name)?.stop()
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map(node => node.stop()))
  }

  async #start(
    planned: PlannedVerifier | PlannedProvider,
    { index, account }: RegisteredNode,
    argv: readonly string[],
  ): Promise<ReadyNode> {
    const { name, role, dataDir, log } = planned
    await mkdir(dataDir, { recursive: true })
    await initNode(role, dataDir, planned.keys)
    const node = await spawnNode({ name, argv, logPath: log, readyTimeoutMs: READY_TIMEOUT_MS }, this.watchdog)
    this.#running.set(name, node)
    void node.exited.then(exit => {
      this.#running.delete(name)
      this.exits.push(exit)
      this.onExit(exit)
    })
    const { apiUrl } = node.ready
    const { profileName: profile } = planned
    return { name, role, profile, index, address: account, pid: node.pid, apiUrl, dataDir, log, argv }
  }
}
