/** Takes the payments of users: the relay's `Payments`. It trusts a voucher for what the chain says of its channel. */
import type { Paid, Payments } from '../../../probe/ports.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { Voucher } from '../../../proto/voucher.js'
import { newlyPaidBytes, payableBytes } from '../../core/channel.js'
import type { FoundChannel, OwnChannels } from './own-channels.js'
import type { VoucherStore } from './voucher-store.js'

export interface VoucherBookModules {
  readonly store: Pick<VoucherStore, 'newest' | 'put'>
  readonly channels: Pick<OwnChannels, 'find'>
  /** The account whose key signed; undefined for what is no signature. */
  readonly signerOf: (voucher: Voucher, signature: Uint8Array) => Hex | undefined
}

export class VoucherBook implements Payments {
  readonly #modules: VoucherBookModules
  /** bytes that sessions were given for the vouchers of a channel */
  readonly #carried = new Map<Hex, number>()
  /** one voucher is kept after the other: two sessions may pay by one channel */
  #last: Promise<unknown> = Promise.resolve()

  constructor(modules: VoucherBookModules) {
    this.#modules = modules
  }

  async accept(voucher: Voucher, signature: Uint8Array, sessionBytes: number): Promise<Paid | undefined> {
    const { channels, signerOf } = this.#modules
    const channel = await channels.find(voucher.channel, voucher.total)
    // What is carried now is redeemed later, and a channel that closes may have ended by then.
    if (channel === undefined || channel.closesAt !== undefined) return undefined
    if (signerOf(voucher, signature) !== channel.channel.signer) return undefined
    const kept = this.#last.then(() => this.#keep(voucher, signature, sessionBytes, channel))
    this.#last = kept.catch(() => {})
    const bytes = await kept
    return bytes === undefined ? undefined : { bytes, isPremium: channel.isPremium }
  }

  async #keep(
    voucher: Voucher,
    signature: Uint8Array,
    sessionBytes: number,
    found: FoundChannel,
  ): Promise<number | undefined> {
    const { store } = this.#modules
    const { channel, total } = voucher
    const newest = store.newest(channel)?.voucher.total ?? 0
    // What was signed before this process began was carried before, too. The chain knows of it even if the disk was lost.
    const carried = this.#carried.get(channel) ?? Math.max(newest, found.redeemedBytes)
    const payable = payableBytes(found)
    const bytes = Math.min(sessionBytes, newlyPaidBytes(Math.max(newest, total), carried, payable))
    if (bytes <= 0) return undefined
    if (total > newest) await store.put(channel, { voucher, signature: toHex(signature) })
    this.#carried.set(channel, carried + bytes)
    return bytes
  }
}
