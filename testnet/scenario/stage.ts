/** All that a scenario adds to a run: what stands between the nodes and the world, the faults in their time, and the verdict. */
import type { EpochClock } from '../../proto/epoch.js'
import { RpcProxy } from '../faults/rpc-proxy.js'
import { SmallDisk } from '../faults/small-disk.js'
import type { ReadyNode } from '../network/events.js'
import type { Nodes } from '../network/nodes.js'
import { failuresOf, type RunRecord } from '../network/result.js'
import type { Actors, RunStage, StageParts } from '../network/run-stage.js'
import { aftermath } from './aftermath.js'
import { Director } from './director.js'
import { scenarioFailures } from './expectations.js'
import { makeFault, namesOf, type World } from './make-fault.js'
import type { Scenario } from './scenario.js'
import { type Trouble, troublesOf } from './troubles.js'
import { Watch } from './watch.js'

export class Stage implements RunStage {
  readonly #scenario: Scenario
  readonly #parts: StageParts
  readonly #proxy: RpcProxy
  readonly disks: ReadonlyMap<string, SmallDisk>
  #director: Director | undefined
  #watch: Watch | undefined
  #troubles: readonly Trouble[] = []

  private constructor(scenario: Scenario, parts: StageParts, proxy: RpcProxy, disks: ReadonlyMap<string, SmallDisk>) {
    this.#scenario = scenario
    this.#parts = parts
    this.#proxy = proxy
    this.disks = disks
  }

  /** @throws UserError if the scenario names a node that the run does not have, or needs what this machine cannot do */
  static async open(scenario: Scenario, parts: StageParts): Promise<Stage> {
    const { plan, anvil, watchdog } = parts
    const onDisks = new Set(scenario.faults.flatMap(({ disk }) => (disk === undefined ? [] : namesOf(disk, plan))))
    const nodes = [...plan.verifiers, ...plan.providers].filter(({ name }) => onDisks.has(name))
    const disks = await Promise.all(
      nodes.map(async ({ name, dataDir }) => [name, await SmallDisk.open(dataDir, watchdog)] as const),
    )
    return new Stage(scenario, parts, await RpcProxy.start(anvil.rpcUrl), new Map(disks))
  }

  rpcUrlOf(name: string): string {
    return this.#proxy.urlOf(name)
  }

  async beforeNodes({ params, emit, ...actors }: Actors): Promise<void> {
    const around = { proxy: this.#proxy, disks: this.disks }
    const world: World = { ...this.#parts, ...actors, ...around }
    this.#director = new Director(
      this.#scenario.faults,
      params,
      planned => makeFault(planned, world),
      (what, begins) => {
        if (begins) void this.#watch?.mark()
        emit({ event: 'fault', what, begins })
      },
    )
    await this.#director.beforeNodes()
  }

  follow(clock: EpochClock, members: () => readonly ReadyNode[]): void {
    const all = this.#parts.plan.verifiers.map(({ name }) => name)
    this.#troubles = troublesOf(this.#director!.follow(clock), all, clock)
    this.#watch = new Watch(members)
    if (this.#scenario.faults.length === 0) void this.#watch.mark()
  }

  async conclude(record: RunRecord, nodes: Nodes): Promise<string[]> {
    await this.#watch?.stop()
    await this.#director!.stop()
    const down = nodes.ended
    await nodes.stopAll()
    await this.#keepData()
    const { expect } = this.#scenario
    const honest = record.verifiers
      // One that ends for good may do so because its data cannot be used.
      .filter(
        ({ planned, index }) => planned.profile === 'honest' && index !== undefined && !(planned.name in expect.ends),
      )
      .map(({ planned: { name, dataDir }, index }) => ({ name, index: index!, dataDir }))
    const reports = new Map(record.epochs.map(({ epoch, report }) => [epoch, report?.headerHash]))
    const { failures, signed } = await aftermath(honest, reports)
    return [
      ...this.#director!.failures,
      // What profiles promise, they promise where nothing else happens.
      ...(this.#scenario.faults.length === 0 ? failuresOf(record) : []),
      ...scenarioFailures(
        {
          ...record,
          ...{ down, troubles: this.#troubles, aftermath: failures, signed },
          ...{ statuses: this.#watch?.statuses ?? new Map(), memoryGrowth: this.#watch?.memoryGrowth ?? new Map() },
        },
        expect,
      ),
    ]
  }

  async close(): Promise<void> {
    await this.#watch?.stop()
    await this.#director?.stop()
    await this.#keepData()
    await this.#proxy.stop()
  }

  async #keepData(): Promise<void> {
    for (const disk of this.disks.values()) await disk.close()
  }
}
