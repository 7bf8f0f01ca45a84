/** What a scenario adds to a run. The run knows no more of scenarios than this. */
import type { EpochClock } from '../../proto/epoch.js'
import type { NetworkParams } from '../../proto/params.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import type { Conditions } from '../conditions/conditions.js'
import type { Watchdog } from '../process/watchdog.js'
import type { Anvil } from './anvil.js'
import type { ReadyNode, TestnetEvent } from './events.js'
import type { Disks } from './node-setting.js'
import type { Nodes } from './nodes.js'
import type { Plan } from './plan.js'
import type { RunRecord } from './result.js'

export interface StageParts {
  readonly plan: Plan
  readonly anvil: Anvil
  /** under which the run's nodes live */
  readonly conditions: Conditions
  readonly watchdog: Watchdog
}

export interface Actors {
  readonly nodes: Nodes
  /** path */
  readonly networkFile: string
  readonly contracts: NetworkFile['contracts']
  readonly params: NetworkParams
  readonly emit: (event: TestnetEvent) => void
}

export interface RunStage {
  /** on which some nodes keep their data */
  readonly disks: Disks
  /** of the chain node that a node asks */
  rpcUrlOf(name: string): string
  /** Begins what is there before the nodes are. */
  beforeNodes(actors: Actors): Promise<void>
  /** @param members the verifiers that are up, each with its process now */
  follow(clock: EpochClock, members: () => readonly ReadyNode[]): void
  /** Ends all faults and stops the nodes. @returns one sentence for each thing that is not as it must be */
  conclude(record: RunRecord, nodes: Nodes): Promise<string[]>
  /** Call it when the nodes have ended. */
  close(): Promise<void>
}

/** @throws UserError if the run lacks what the scenario names */
export type OpenStage = (parts: StageParts) => Promise<RunStage>
