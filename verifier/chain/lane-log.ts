/** The lanes of one account, read once from the contract's log. */
import { zeroPadValue } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { Lane } from '../../proto/lane.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { type ReadEvent, wordBytes } from './event-decoder.js'
import { FollowedEvents } from './followed-events.js'

export interface ReservedLane {
  readonly id: Hex
  readonly lane: Lane
}

/** Whose lanes: those that pay an account, or those that it pays for. */
export type LaneParty = { readonly payee: Hex } | { readonly payer: Hex }

/** A lane that has not ended, as the log tells it. */
export interface KnownLane extends ReservedLane {
  /** that were paid so far */
  readonly slotsPaid: number
}

type Content =
  | ({ readonly kind: 'reserved' } & ReservedLane)
  /** `slotsServed`: that are paid so far */
  | { readonly kind: 'served'; readonly id: Hex; readonly slotsServed: number }
  | { readonly kind: 'refunded'; readonly id: Hex }

/** As ethers decodes the struct of `ILanes`. */
interface LaneTuple {
  readonly number: bigint
  readonly payer: string
  readonly payee: string
  readonly signer: string
  readonly kbps: bigint
  readonly fromSlot: bigint
  readonly slots: bigint
  readonly slotPrice: bigint
}

export const laneFrom = ({ number, payer, payee, signer, kbps, fromSlot, slots, slotPrice }: LaneTuple): Lane => ({
  ...{ number: Number(number), payer: hex(payer), payee: hex(payee), signer: hex(signer), kbps: Number(kbps) },
  ...{ fromSlot: Number(fromSlot), slots: Number(slots), slotPrice },
})

/** A lane of eight words. */
const RESERVED_BYTES = wordBytes(8)
/** A number of slots and an amount, or two amounts. */
const PAID_BYTES = wordBytes(2)

export class LaneLog {
  /** The payee's place among the indexed arguments differs, and the payer has none, so payments have a filter of their own. */
  readonly #lanes: FollowedEvents<Content>
  readonly #payments: FollowedEvents<Content>

  constructor(context: ChainContext, party: LaneParty) {
    const contract = context.contracts.lanes
    const isPayer = 'payer' in party
    const account = zeroPadValue(isPayer ? party.payer : party.payee, 32)
    this.#lanes = new FollowedEvents<Content>(context, {
      sources: [
        { contract, event: 'Reserved', maxBytes: RESERVED_BYTES, read: reservedFrom },
        { contract, event: 'Refunded', maxBytes: PAID_BYTES, read: ({ id }) => ({ kind: 'refunded', id: hex(id) }) },
      ],
      topics: isPayer ? [null, account] : [null, null, account],
      keyOf: ({ id }) => id,
    })
    this.#payments = new FollowedEvents<Content>(context, {
      sources: [{ contract, event: 'Served', maxBytes: PAID_BYTES, read: servedFrom }],
      topics: isPayer ? [] : [null, account],
      keyOf: ({ id }) => id,
    })
  }

  /** Those that were neither paid in full nor given back, by id. @throws RpcFault */
  async lanes(): Promise<ReadonlyMap<Hex, KnownLane>> {
    const lanes = new Map<Hex, KnownLane>()
    for (const event of await this.#lanes.known()) {
      if (event.kind === 'reserved') lanes.set(event.id, { id: event.id, lane: event.lane, slotsPaid: 0 })
      else lanes.delete(event.id)
    }
    for (const event of await this.#payments.known()) {
      const lane = lanes.get(event.id)
      if (event.kind !== 'served' || lane === undefined) continue
      if (event.slotsServed < lane.lane.slots) lanes.set(event.id, { ...lane, slotsPaid: event.slotsServed })
      else lanes.delete(event.id)
    }
    return lanes
  }
}

const reservedFrom: ReadEvent<Content> = ({ id, lane }) => ({ kind: 'reserved', id: hex(id), lane: laneFrom(lane) })

const servedFrom: ReadEvent<Content> = ({ id, slotsServed }) => ({
  ...{ kind: 'served', id: hex(id) },
  slotsServed: Number(slotsServed),
})
