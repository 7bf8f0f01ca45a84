/** Follows what was signed and paid for one purpose, from life to life. Pure. */
import type { Hex } from '../../../proto/hex.js'
import type { Life } from './bounds.js'

/** Bytes by channel, as of now. A channel that is over may be missing. */
export interface Totals {
  readonly signed: ReadonlyMap<Hex, number>
  readonly vouchers: ReadonlyMap<Hex, number>
}

export class Books {
  /** as of the end of the last life */
  readonly #signed = new Map<Hex, number>()
  /** the most that each payee has had a voucher for */
  readonly #vouchers = new Map<Hex, number>()

  /** Of all channels: what their payees have vouchers for. */
  get voucherBytes(): number {
    return sum(this.#vouchers.values())
  }

  /** Channels whose payee has a lower voucher than before, or none. */
  lost(vouchers: ReadonlyMap<Hex, number>): Hex[] {
    return [...this.#vouchers].flatMap(([id, total]) => ((vouchers.get(id) ?? 0) < total ? [id] : []))
  }

  /** Of the life that is not over yet. Remembers the vouchers, which must never be lost. */
  look({ signed, vouchers }: Totals): Pick<Life, 'signedBytes' | 'paidBytes'> {
    for (const [id, total] of vouchers) this.#vouchers.set(id, Math.max(total, this.#vouchers.get(id) ?? 0))
    // What was signed before and never came pays with the next voucher. It was delivered before, too.
    return { signedBytes: this.#beyond(signed), paidBytes: this.#beyond(vouchers) }
  }

  /** The next life begins. */
  end({ signed }: Totals): void {
    for (const [id, total] of signed) this.#signed.set(id, total)
  }

  /** Bytes of channels beyond those that were signed for at the end of the last life. */
  #beyond(totals: ReadonlyMap<Hex, number>): number {
    return sum([...totals].map(([id, total]) => Math.max(0, total - (this.#signed.get(id) ?? 0))))
  }
}

function sum(numbers: Iterable<number>): number {
  let all = 0
  for (const one of numbers) all += one
  return all
}
