/**
 * The newest voucher of each channel, on the disk. A voucher is money: it is forced to the disk before anything is carried
 * for it.
 */
import { Level } from 'level'
import type { Hex } from '../../../proto/hex.js'
import type { Voucher } from '../../../proto/voucher.js'
import { levelFault } from '../../core/level-fault.js'

export interface KeptVoucher {
  readonly voucher: Voucher
  /** of the channel's signer: r, s and v */
  readonly signature: Hex
}

export class VoucherStore {
  readonly #level: Level<string, KeptVoucher>
  readonly #newest: Map<Hex, KeptVoucher>

  private constructor(level: Level<string, KeptVoucher>, newest: Map<Hex, KeptVoucher>) {
    this.#level = level
    this.#newest = newest
  }

  /** @param path of a folder, which is made if it does not exist. @throws UserError 'store' */
  static async open(path: string): Promise<VoucherStore> {
    const level = new Level<string, KeptVoucher>(path, { valueEncoding: 'json' })
    await level.open().catch(cause => {
      throw levelFault(`the vouchers in ${path}`, cause)
    })
    return new VoucherStore(level, new Map((await level.iterator().all()) as [Hex, KeptVoucher][]))
  }

  newest(channel: Hex): KeptVoucher | undefined {
    return this.#newest.get(channel)
  }

  all(): readonly KeptVoucher[] {
    return [...this.#newest.values()]
  }

  /** Resolves once it would survive a power failure. @throws Error if the disk does not take it */
  async put(kept: KeptVoucher): Promise<void> {
    await this.#level.put(kept.voucher.channel, kept, { sync: true })
    this.#newest.set(kept.voucher.channel, kept)
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}
