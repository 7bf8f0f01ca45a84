/** A payment channel: a user's tokens that pay one account for traffic, by receipts (see voucher.ts). */
import { DOMAIN } from './domains.js'
import { keccakWords } from './hash.js'
import type { Hex } from './hex.js'

/** As it was opened. None of it changes. */
export interface Channel {
  /** of the escrow's channels, in the order of their opening */
  readonly number: number
  /** the account that opened it, and gets back what is left */
  readonly payer: Hex
  /** the account that is paid */
  readonly payee: Hex
  /** the account whose key signs receipts for the payer */
  readonly signer: Hex
  /** wei for 2^30 bytes */
  readonly price: bigint
}

/** The id that receipts name. @param escrow which contract: a receipt is void at any other */
export const channelId = (
  escrow: { readonly chainId: number; readonly contract: Hex },
  { number, payer, payee, signer, price }: Channel,
): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'uint64', 'address', 'address', 'address', 'uint256'],
    [DOMAIN.channel, BigInt(escrow.chainId), escrow.contract, number, payer, payee, signer, price],
  )
