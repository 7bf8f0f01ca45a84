/** The newest voucher of each channel. */
import type { Hex } from '../../../proto/hex.js'
import type { Voucher } from '../../../proto/voucher.js'
import { KeptStore } from '../kept-store.js'

export interface KeptVoucher {
  readonly voucher: Voucher
  /** of the channel's signer: r, s and v */
  readonly signature: Hex
}

/** By channel. */
export type VoucherStore = KeptStore<KeptVoucher>

/** @param path of a folder. @throws UserError 'store' */
export const openVoucherStore = (path: string): Promise<VoucherStore> => KeptStore.open(path, 'the vouchers')
