/** Lanes on the chain: how they are reserved, paid and given back. Amounts in wei of the stake token. */
import { type BlockTag, Signature, type TransactionReceipt } from 'ethers'
import { type Hex, toHex } from '../../proto/hex.js'
import { type Lane, laneId } from '../../proto/lane.js'
import { UserError } from '../config/errors.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { laneFrom, type ReservedLane } from './lane-log.js'
import { readOffer } from './offers.js'
import { payInto } from './paying.js'
import type { Call, Sender } from './sender.js'

/** Twelve slots take 163,000. */
const RESERVE_GAS = 350_000n
const KBPS_PER_MBPS = 1000n

export interface LaneOrder {
  readonly payee: Hex
  readonly kbps: number
  /** the present slot or a later one */
  readonly fromSlot: number
  /** at most twelve */
  readonly slots: number
  /** the account whose key is going to sign sessions and slots */
  readonly signer: Hex
  /** the most to pay for each Mbit/s and slot */
  readonly maxPrice: bigint
}

export interface LaneTimes {
  readonly slotSeconds: number
  /** from the end of a lane until `refund` */
  readonly graceSeconds: number
}

// ---- what the contract says

export const laneIdOf = ({ file }: Pick<ChainContext, 'file'>, lane: Lane): Hex =>
  laneId({ chainId: file.chainId, contract: file.contracts.lanes }, lane)

/** Fixed at the deployment. */
export async function readLaneTimes({ contracts }: ChainContext): Promise<LaneTimes> {
  const read = (name: string): Promise<bigint> => contracts.lanes.getFunction(name)()
  const [slotSeconds, graceSeconds] = await Promise.all([read('slotSeconds'), read('graceSeconds')])
  return { slotSeconds: Number(slotSeconds), graceSeconds: Number(graceSeconds) }
}

/** Slots that are neither paid nor given back; 0 for a lane that has ended, or that nobody reserved. */
export const unpaidSlots = async (
  { contracts }: ChainContext,
  id: Hex,
  blockTag: BlockTag = 'latest',
): Promise<number> => Number(await contracts.lanes.getFunction('unpaidSlots')(id, { blockTag }))

/** What one slot costs: rounded up, as the contract does. @param lanePrice for each Mbit/s and slot */
export const slotPriceOf = (lanePrice: bigint, kbps: number): bigint =>
  (lanePrice * BigInt(kbps) + KBPS_PER_MBPS - 1n) / KBPS_PER_MBPS

// ---- transactions

/**
 * Approves the cost if it must, and reserves a lane. If the offer changes meanwhile, the lane costs the new price, up to
 * `maxPrice`, or the chain refuses it. @throws UserError 'configuration'; Error if the chain refuses it
 */
export async function reserveLane(sender: Sender, order: LaneOrder): Promise<ReservedLane> {
  const { payee, kbps, fromSlot, slots, signer, maxPrice } = order
  const offer = await readOffer(sender.context, payee)
  if (!offer?.laneKbps) throw refused(`${payee} offers no lanes`)
  if (offer.lanePrice > maxPrice)
    throw refused(`${payee} asks ${offer.lanePrice} wei for each Mbit/s and slot of a lane, more than ${maxPrice}`)
  const receipt = await payInto(sender, slotPriceOf(offer.lanePrice, kbps) * BigInt(slots), {
    ...{ into: 'lanes', label: 'reservation of the lane', method: 'reserve' },
    ...{ args: [payee, kbps, fromSlot, slots, signer, maxPrice], gasLimit: RESERVE_GAS },
  })
  return reservedIn(sender.context, receipt)
}

const refused = (why: string): UserError => new UserError('configuration', `${why}. Choose another provider.`)

function reservedIn({ contracts: { lanes } }: ChainContext, { logs }: TransactionReceipt): ReservedLane {
  for (const log of logs) {
    if (hex(log.address) !== hex(lanes.target as string)) continue
    const event = lanes.interface.parseLog(log)
    if (event?.name === 'Reserved') return { id: hex(event.args.id), lane: laneFrom(event.args.lane) }
  }
  throw new Error('the contract reserved a lane, but emitted no event')
}

/**
 * Pays for the slots that the lane's key has signed so far. The contract does not tell a lane that was paid in full from one
 * that was given back: both refuse the call.
 * @param signature over `servedDigest`: r, s and v
 */
export function settleCall(context: ChainContext, lane: Lane, slotsServed: number, signature: Uint8Array): Call {
  const { r, yParityAndS } = Signature.from(toHex(signature))
  return {
    ...{ contract: context.contracts.lanes, method: 'settle', args: [lane, slotsServed, r, yParityAndS] },
    isDone: async blockTag => {
      const unpaid = await unpaidSlots(context, laneIdOf(context, lane), blockTag)
      return unpaid > 0 && lane.slots - unpaid >= slotsServed
    },
  }
}

/** Of anybody, after the lane and its time to settle: shares out what nobody signed. */
export const refundCall = (context: ChainContext, lane: Lane): Call => ({
  ...{ contract: context.contracts.lanes, method: 'refund', args: [lane] },
  isDone: async blockTag => (await unpaidSlots(context, laneIdOf(context, lane), blockTag)) === 0,
})
