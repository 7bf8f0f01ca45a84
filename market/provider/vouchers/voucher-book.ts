/** Takes the payments of users: the relay's `Payments`. It trusts a voucher for what the chain says of its channel. */
import type { Paid, Payments } from '../../../probe/ports.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { Voucher } from '../../../proto/voucher.js'
import { newlyPaidBytes, payableBytes } from '../../core/channel.js'
import type { OwnChannels } from './own-channels.js'
import type { VoucherStore } from './voucher-store.js'

export interface VoucherBookModules {
  readonly store: Pick<VoucherStore, 'newest' | 'put'>
  readonly channels: Pick<OwnChannels, 'find'>
  /** The account whose key signed; undefined for what is no signature. */
  readonly signerOf: (voucher: Voucher, signature: Uint8Array) => Hex | undefined
}

export class VoucherBook implements Payments {
  readonly #modules: VoucherBookModules
  /** one voucher is kept after the other: two sessions may pay by one channel */
  #last: Promise<unknown> = Promise.resolve()

  constructor(modules: VoucherBookModules) {
    this.#modules = modules
  }

  async accept(voucher: Voucher, signature: Uint8Array): Promise<Paid | undefined> {
    const { channels, signerOf } = this.#modules
    const { channel: id, total } = voucher
    // The cheap check comes first: it is all that a replayed voucher costs.
    if (total <= this.#totalOf(id)) return undefined
    const channel = await channels.find(id, total)
    // What is carried now is redeemed later, and a channel that closes may have ended by then.
    if (channel === undefined || channel.closesAt !== undefined) return undefined
    if (signerOf(voucher, signature) !== channel.channel.signer) return undefined
    const payable = payableBytes(channel)
    const kept = this.#last.then(() => this.#keep(voucher, signature, payable))
    this.#last = kept.catch(() => {})
    const bytes = await kept
    return bytes === undefined ? undefined : { bytes, isPremium: channel.isPremium }
  }

  async #keep(voucher: Voucher, signature: Uint8Array, payable: number): Promise<number | undefined> {
    const bytes = newlyPaidBytes(voucher.total, this.#totalOf(voucher.channel), payable)
    if (bytes === 0) return undefined
    await this.#modules.store.put({ voucher, signature: toHex(signature) })
    return bytes
  }

  #totalOf(channel: Hex): number {
    return this.#modules.store.newest(channel)?.voucher.total ?? 0
  }
}
