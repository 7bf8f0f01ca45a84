/** Has served slots paid: of each lane that is over, before its payer gets back what nobody signed. */
import type { Logger } from 'pino'
import { fromHex, type Hex } from '../../../proto/hex.js'
import type { Lane } from '../../../proto/lane.js'
import type { KnownLane } from '../../../verifier/chain/lane-log.js'
import type { TxResult } from '../../../verifier/core/ports.js'
import type { WallClock } from '../../../verifier/node/wall-clock.js'
import type { ServedStore } from './served-store.js'

export interface LaneSettlerModules {
  readonly store: Pick<ServedStore, 'newest'>
  /** that pay this account, by id */
  readonly lanes: () => ReadonlyMap<Hex, KnownLane>
  readonly send: (lane: Lane, slots: number, signature: Uint8Array) => Promise<TxResult>
  readonly slotSeconds: number
  /** of slots */
  readonly wallClock: WallClock
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** What served slots brought, or were going to bring. */
export interface Settlement {
  /** of the lane */
  readonly id: Hex
  /** that were served so far */
  readonly slots: number
  readonly wei: bigint
  readonly result: TxResult
}

export class LaneSettler {
  readonly #modules: LaneSettlerModules

  constructor(modules: LaneSettlerModules) {
    this.#modules = modules
  }

  /** Settles lanes that are over: one transaction for each. @throws if the chain cannot be reached */
  async look(): Promise<void> {
    const { slotSeconds, wallClock, log } = this.#modules
    const nowSlot = Math.floor(wallClock.nowMs() / (slotSeconds * 1000))
    const settled = await this.#settle(({ fromSlot, slots }) => fromSlot + slots <= nowSlot)
    for (const { id: lane, slots, wei, result } of settled) {
      const facts = { lane, slots, wei: `${wei}` }
      if (result.kind === 'rejected') log.warn({ ...facts, reason: result.reason }, 'a lane was not settled')
      else log.info({ ...facts, tx: result.kind === 'done' ? result.txHash : undefined }, 'settled a lane')
    }
  }

  /** Settles whatever was signed. @throws if the chain cannot be reached */
  settleAll(): Promise<Settlement[]> {
    return this.#settle(() => true)
  }

  async #settle(isDue: (lane: Lane) => boolean): Promise<Settlement[]> {
    const { store, lanes, send } = this.#modules
    const settled: Settlement[] = []
    for (const { id, lane, slotsPaid } of lanes().values()) {
      const kept = store.newest(id)
      if (kept === undefined || kept.slots <= slotsPaid || !isDue(lane)) continue
      const result = await send(lane, kept.slots, fromHex(kept.signature))
      settled.push({ id, slots: kept.slots, wei: BigInt(kept.slots - slotsPaid) * lane.slotPrice, result })
    }
    return settled
  }
}
