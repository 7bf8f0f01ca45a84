/** Follows what was delivered, signed and paid for one purpose, from life to life. Pure. */
import type { Hex } from '../../../proto/hex.js'
import type { Life } from './bounds.js'

/** As of now, since the beginning. */
export interface Counts {
  readonly deliveredBytes: number
  readonly provableBytes: number
  /** legs, or tunnels */
  readonly windows: number
  /** by channel; one that is over may be missing */
  readonly signed: ReadonlyMap<Hex, number>
  readonly vouchers: ReadonlyMap<Hex, number>
}

export class Books {
  /** as of the end of the last life */
  #deliveredBytes = 0
  #windows = 0
  readonly #signed = new Map<Hex, number>()
  /** the most that each payee has had a voucher for */
  readonly #vouchers = new Map<Hex, number>()

  /** Channels whose payee has a lower voucher than before, or none. */
  lost(vouchers: ReadonlyMap<Hex, number>): Hex[] {
    return [...this.#vouchers].flatMap(([id, total]) => ((vouchers.get(id) ?? 0) < total ? [id] : []))
  }

  /** Of all channels: what their payees have vouchers for. */
  get voucherBytes(): number {
    return sum(this.#vouchers.values())
  }

  /** The life that is not over yet. Remembers the vouchers: they must never be lost. */
  look({ deliveredBytes, provableBytes, windows, signed, vouchers }: Counts): Life {
    for (const [id, total] of vouchers) this.#vouchers.set(id, Math.max(total, this.#vouchers.get(id) ?? 0))
    return {
      deliveredBytes: deliveredBytes - this.#deliveredBytes,
      provableBytes: provableBytes - this.#deliveredBytes,
      windows: windows - this.#windows,
      signedBytes: this.#beyond(signed),
      // What was signed before and never came pays with the next voucher. It was delivered before, too.
      paidBytes: this.#beyond(vouchers),
    }
  }

  /** The next life begins. */
  end({ deliveredBytes, windows, signed }: Counts): void {
    this.#deliveredBytes = deliveredBytes
    this.#windows = windows
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
