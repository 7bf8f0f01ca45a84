/** What happens to single verifiers in a scenario, in epochs. Pure. */
import { type EpochClock, epochAt } from '../../proto/epoch.js'
import type { Happening } from './director.js'
import type { NodeNames, PlannedFault } from './scenario.js'

/** A node could not take part as usual from one epoch to another, both included. */
export interface Trouble {
  readonly name: string
  readonly fromEpoch: number
  /** Infinity if it lasted to the end of the run */
  readonly toEpoch: number
}

/** Within so many epochs of the end of its trouble, a verifier must sign a report again. */
export const BACK_WITHIN_EPOCHS = 2

/** What a node that is started again at once takes until it is up, on a busy machine. */
const RESTART_MS = 5000

/** @param all names of all verifiers */
export function troublesOf(happenings: readonly Happening[], all: readonly string[], clock: EpochClock): Trouble[] {
  const epochOf = (ms: number) => (Number.isFinite(ms) ? Math.max(0, epochAt(clock, ms)) : ms)
  return happenings.flatMap(({ planned, fromMs, toMs }) => {
    const endMs = Number.isFinite(toMs) ? toMs : fromMs + lastsMs(planned)
    return namesOf(planned, all).map(name => ({ name, fromEpoch: epochOf(fromMs), toEpoch: epochOf(endMs) }))
  })
}

/** A fault without an end of its own: what it did is done, or the testnet undoes it, or it lasts. */
function lastsMs({ kill, reorg }: PlannedFault): number {
  if (reorg !== undefined) return 0
  return kill === undefined ? Number.POSITIVE_INFINITY : RESTART_MS
}

function namesOf(fault: PlannedFault, all: readonly string[]): readonly string[] {
  const { kill, pause, partition, slow, clock, disk, data, rpc } = fault
  const named: NodeNames | undefined =
    partition ?? kill ?? pause ?? slow?.of ?? clock?.of ?? disk ?? data?.of ?? rpc?.of ?? 'all'
  return named === 'all' ? all : named
}
