/** A receipt that a channel's signer signed, as the escrow takes it. */
import { Signature } from 'ethers'
import { type Hex, toHex } from '../../proto/hex.js'
import type { Channel, Voucher } from '../../proto/voucher.js'

/** A receipt for payment. The id of its channel follows from the channel. */
export interface PaidReceipt extends Omit<Voucher, 'channel'> {
  readonly channel: Channel
  /** of the channel's signer, over `voucherDigest`: r, s and v, 65 bytes */
  readonly signature: Uint8Array
}

/** The struct of `ITransferEscrow`. */
export interface Redemption {
  readonly channel: Channel
  readonly sessionId: Hex
  readonly bytesCarried: number
  readonly head: Hex
  readonly elapsedMs: number
  readonly total: number
  readonly r: Hex
  /** s, and in its highest bit the parity of v: the short form of EIP-2098 */
  readonly vs: Hex
}

/** @throws Error for a signature that has no short form: `voucherSignerOf` knows none of them */
export function redemptionOf({ bytes, signature, ...receipt }: PaidReceipt): Redemption {
  const { channel, sessionId, head, elapsedMs, total } = receipt
  const { r, yParityAndS } = Signature.from(toHex(signature))
  return { channel, sessionId, bytesCarried: bytes, head, elapsedMs, total, r: r as Hex, vs: yParityAndS as Hex }
}
