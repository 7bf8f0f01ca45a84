/**
 * One clock for the chain and all nodes of a run, set forward together. The nodes are ended before and started after. So no
 * measurement sees the step, and each node wakes in the new time as after a long sleep: with the record of what it signed,
 * and with nothing under way. The epochs in between have no report, as if all had slept through them.
 */
import { type EpochClock, epochAt } from '../../proto/epoch.js'
import { UserError } from '../../verifier/config/errors.js'
import type { Conditions } from '../conditions/conditions.js'
import type { Anvil } from './anvil.js'
import type { WarpedEvent } from './events.js'
import type { Nodes } from './nodes.js'
import type { Observer } from './observer.js'

/** The epoch that is cut off, and the one whose report was due. */
const EPOCHS_LOST_BEFORE = 1
/** A node may start an epoch later, and signs in the epoch after its start (verifier/node/sole-process.ts). */
const EPOCHS_LOST_AFTER = 2

/** First and last of the epochs that may have no report because all nodes were ended in one and started in another. */
export const epochsLost = (ended: number, started: number): [first: number, last: number] => [
  ended - EPOCHS_LOST_BEFORE,
  started + EPOCHS_LOST_AFTER,
]

export interface WarpParts {
  readonly anvil: Pick<Anvil, 'setForward'>
  readonly nodes: Pick<Nodes, 'restartAll'>
  readonly conditions: Pick<Conditions, 'stepAll' | 'nowMs'>
  readonly observer: Pick<Observer, 'skip'>
  readonly clock: EpochClock
  readonly emit: (event: WarpedEvent) => void
  /** Whether something takes part whose time is that of the machine. */
  readonly isForeign: boolean
}

export class Warp {
  constructor(private readonly parts: WarpParts) {}

  /** @returns the epoch that runs then. @throws UserError 'usage'; Error if the chain refuses, and nothing is changed */
  async forward(seconds: number): Promise<number> {
    const { anvil, nodes, conditions, observer, emit, isForeign } = this.parts
    if (isForeign) {
      throw new UserError('usage', 'A scenario and strangers have a time of their own. Warp a network without them.')
    }
    const ms = seconds * 1000
    await nodes.restartAll(async () => {
      observer.skip(...epochsLost(this.#epoch(), this.#epoch(ms)))
      await anvil.setForward(seconds)
      conditions.stepAll(ms)
    })
    const epoch = this.#epoch()
    emit({ event: 'warped', seconds, epoch })
    return epoch
  }

  #epoch(laterMs = 0): number {
    return epochAt(this.parts.clock, this.parts.conditions.nowMs() + laterMs)
  }
}
