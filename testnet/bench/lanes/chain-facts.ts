/** What a chain would say of the users: a funded channel for each, and the lane. Relay and users each work it out from the plan. */
import type { FundedChannel } from '../../../market/core/channel.js'
import type { Hex } from '../../../proto/hex.js'
import { laneId } from '../../../proto/lane.js'
import { channelId } from '../../../proto/voucher.js'
import type { KnownLane } from '../../../verifier/chain/lane-log.js'
import { PROVIDER_KEYS } from '../../lab/session.js'
import { accountOf, type UserPlan } from './plan.js'

/** One slot is longer than a run takes, so nobody has to sign for one. */
export const SLOT_SECONDS = 3600
/** A wei for a MiB, and enough of them. */
const PRICE = 1024n
const DEPOSIT = 10n ** 9n

const CHAIN_ID = 31_337
const contract = (byte: string): Hex => `0x${byte.repeat(20)}`
/** which receipts and payments are for */
export const NETWORK = { chainId: CHAIN_ID, contract: contract('11') }
const ESCROW = { chainId: CHAIN_ID, contract: contract('12') }
/** as in a network file */
export const LANES_FILE = { chainId: CHAIN_ID, contracts: { lanes: contract('13') } }

const partiesOf = (key: Hex, number: number) => {
  const account = accountOf(key)
  return { number, payer: account, payee: PROVIDER_KEYS.answerSigner.account, signer: account }
}

export interface UsersChannel extends FundedChannel {
  readonly isPremium: boolean
}

/** @param number of the user in the plan */
export function channelOf({ key, traffic }: UserPlan, number: number): UsersChannel {
  const channel = { ...partiesOf(key, number), price: PRICE }
  const id = channelId(ESCROW, channel)
  return { id, channel, deposit: DEPOSIT, paid: 0n, closesAt: undefined, isPremium: traffic === 'premium' }
}

/** Its slot begins at 0. */
export function laneOf({ key, kbps }: UserPlan): KnownLane {
  const lane = { ...partiesOf(key, 0), kbps, fromSlot: 0, slots: 1, slotPrice: 1n }
  return { id: laneId({ chainId: CHAIN_ID, contract: LANES_FILE.contracts.lanes }, lane), lane, slotsPaid: 0 }
}
