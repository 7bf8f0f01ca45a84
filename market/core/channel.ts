/**
 * What a channel pays. The escrow says the same (`TransferEscrow`): for `total` proven bytes
 *
 *   paid so far = min(⌊total · price / 2^30⌋, deposit)
 */
import type { Hex } from '../../proto/hex.js'
import { type Channel, PRICED_BYTES, priceOf } from '../../proto/voucher.js'

export interface FundedChannel {
  readonly id: Hex
  readonly channel: Channel
  /** that was put in, wei */
  readonly deposit: bigint
  /** that the escrow has paid out, wei */
  readonly paid: bigint
  /** end of the thaw, unix seconds; undefined while nobody closes it */
  readonly closesAt: number | undefined
}

/** What the escrow pays for a voucher, and for all vouchers before it, wei. */
export const earned = (total: number, { channel, deposit }: Pick<FundedChannel, 'channel' | 'deposit'>): bigint => {
  const asked = priceOf(total, channel.price)
  return asked < deposit ? asked : deposit
}

/** The most bytes that the deposit pays in full. Finite for every price that an offer may have. */
export const payableBytes = ({ channel, deposit }: Pick<FundedChannel, 'channel' | 'deposit'>): number => {
  const bytes = (deposit * PRICED_BYTES) / channel.price
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(bytes)
}

/** The bytes that a voucher pays for, besides those of the newest voucher before it. Bytes beyond the deposit are not paid. */
export const newlyPaidBytes = (total: number, totalBefore: number, payable: number): number =>
  Math.max(0, Math.min(total, payable) - Math.min(totalBefore, payable))
