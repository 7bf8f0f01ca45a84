/** What a client wants of lanes, in the slots of the contract. Pure. */
import { PRICED_BYTES } from '../../proto/voucher.js'

export interface LaneWish {
  readonly kbps: number
  readonly seconds: number
}

export interface SlotSpan {
  readonly fromSlot: number
  readonly slots: number
}

/** One reservation takes no more (contracts/src/market/Lanes.sol). */
const MOST_SLOTS = 12
/** A reservation is mined so much later, and must not begin in a slot that is over by then. */
const LEAD_MS = 15_000
const LEAD_PARTS = 4

/** The slots from now until an instant, as far as one reservation takes them; none if it is over. */
export function slotsUntil(untilMs: number, slotSeconds: number, nowMs: number): SlotSpan {
  const slotMs = slotSeconds * 1000
  const fromSlot = Math.floor((nowMs + Math.min(LEAD_MS, slotMs / LEAD_PARTS)) / slotMs)
  const wanted = untilMs <= nowMs ? 0 : Math.max(0, Math.ceil(untilMs / slotMs) - fromSlot)
  return { fromSlot, slots: Math.min(MOST_SLOTS, wanted) }
}

/** Of a Mbit/s and slot: what it costs to carry so much in it. @param price wei for 2^30 bytes. @returns wei, rounded up */
export const fillingPrice = (price: bigint, slotSeconds: number): bigint => {
  const bytes = BigInt(Math.ceil((1_000_000 * slotSeconds) / 8))
  return (price * bytes + PRICED_BYTES - 1n) / PRICED_BYTES
}
