/** Compares what was delivered, signed, kept and paid by the chain, life after life. */
import { earned } from '../../../market/core/channel.js'
import type { KeptVoucher } from '../../../market/provider/vouchers/voucher-store.js'
import type { Hex } from '../../../proto/hex.js'
import { priceOf } from '../../../proto/voucher.js'
import { PRICE } from '../../market/offering.js'
import { Books, type Totals } from './books.js'
import { faultsOf, type Life, type Limits } from './bounds.js'
import { EscrowReader, type PaidChannel } from './escrow-reader.js'
import { type Kept, PURPOSES, type Purpose, readKept } from './kept.js'
import type { Marks, Trio } from './trio.js'

export const PAYEES = ['provider', 'exit'] as const
export type Payee = (typeof PAYEES)[number]
const PAYEE: Readonly<Record<Purpose, Payee>> = { relay: 'provider', exit: 'exit' }

export interface Examined {
  readonly kept: Kept
  readonly lives: Readonly<Record<Purpose, Life>>
  /** predicates */
  readonly faults: readonly string[]
}

export class Audit {
  readonly #trio: Trio
  readonly #limits: Readonly<Record<Purpose, Limits>>
  readonly #books = { relay: new Books(), exit: new Books() }
  readonly #escrow: EscrowReader
  /** of each payee, when it was started: bytes that it had vouchers for */
  readonly #before = { provider: 0, exit: 0 }
  /** where the lives began */
  #marks: Marks

  constructor(trio: Trio, limits: Readonly<Record<Purpose, Limits>>) {
    this.#trio = trio
    this.#limits = limits
    this.#escrow = new EscrowReader(trio.ground)
    this.#marks = trio.marks
  }

  /** A payee starts now. */
  started(payee: Payee): void {
    this.#before[payee] = this.#books[payee === 'provider' ? 'relay' : 'exit'].voucherBytes
  }

  /** Bytes that the payees say they were paid for since they were started. */
  async counted(): Promise<Record<Payee, number>> {
    const [provider, exit] = await Promise.all(PAYEES.map(payee => this.#trio.payeeStatus(payee)))
    return { provider: provider?.paidBytes ?? 0, exit: exit?.paidBytes ?? 0 }
  }

  /**
   * Call it when nobody pays any more. The lives end here.
   * @param counted by the payees before
   * @param end what the client could sign for, if it died, and whether the tunnel goes on
   */
  async examine(
    counted: Readonly<Record<Payee, number>>,
    end: { readonly atDeath: Readonly<Record<Purpose, number>> | undefined; readonly keepsTunnel: boolean },
  ): Promise<Examined> {
    const kept = await readKept(this.#trio.ground)
    const lost = this.#lost(kept, counted)
    const lives = { relay: this.#life(kept, 'relay', end.atDeath), exit: this.#life(kept, 'exit', end.atDeath) }
    const faults = PURPOSES.flatMap(purpose =>
      faultsOf(lives[purpose], this.#limits[purpose]).map(fault => `${purpose}: ${fault}`),
    )
    this.#books.relay.end(totalsIn(kept, 'relay'))
    if (!end.keepsTunnel) this.#books.exit.end(totalsIn(kept, 'exit'))
    this.#marks = { ...this.#trio.marks, ...(end.keepsTunnel && { user: this.#marks.user }) }
    return { kept, lives, faults: [...lost, ...faults] }
  }

  /** Brings all vouchers to the chain. @returns predicates */
  async redeem(kept: Kept): Promise<string[]> {
    const refusal = await this.#escrow.redeem(PURPOSES.flatMap(purpose => [...kept.vouchers[purpose].values()]))
    return [
      ...(refusal === undefined ? [] : [`the escrow refused the vouchers: ${refusal}`]),
      ...(await this.unpaid(kept)),
      ...this.#overpaid(await this.#escrow.channels()),
    ]
  }

  /** Vouchers that the chain has not paid in full. @returns predicates */
  async unpaid(kept: Kept): Promise<string[]> {
    const channels = await this.#escrow.channels()
    return channels
      .filter(one => one.paid < earned(totalOf(kept, one), one.opened))
      .map(({ id, paid, purpose }) => `${purpose}: channel ${id} has paid ${paid} wei, less than its voucher`)
  }

  /** What all vouchers are worth, in wei, and whether the chain paid more than all that was delivered. */
  async worth(kept: Kept): Promise<{ channels: number; owed: bigint; faults: string[] }> {
    const channels = await this.#escrow.channels()
    const owed = channels.reduce((all, one) => all + earned(totalOf(kept, one), one.opened), 0n)
    return { channels: channels.length, owed, faults: this.#overpaid(channels) }
  }

  #life(kept: Kept, purpose: Purpose, atDeath: Readonly<Record<Purpose, number>> | undefined): Life {
    const delivered = this.#trio.deliveredSince(this.#marks)[purpose]
    const laterBytes = atDeath === undefined ? 0 : this.#trio.delivered(purpose) - atDeath[purpose]
    const { signedBytes, paidBytes } = this.#books[purpose].look(totalsIn(kept, purpose))
    return { delivered, provableBytes: sum(delivered) - laterBytes, signedBytes, paidBytes }
  }

  /** What payees have counted, or kept before, must be on their disks. */
  #lost({ vouchers }: Kept, counted: Readonly<Record<Payee, number>>): string[] {
    return PURPOSES.flatMap(purpose => {
      const totals = totalsOf(vouchers[purpose])
      const since = sum([...totals.values()]) - this.#before[PAYEE[purpose]]
      const missing = counted[PAYEE[purpose]] - since
      return [
        ...this.#books[purpose].lost(totals).map(id => `${purpose}: the voucher of channel ${id} was lost`),
        ...(missing > 0 ? [`${purpose}: ${missing} bytes were counted as paid, without a voucher`] : []),
      ]
    })
  }

  #overpaid(channels: readonly PaidChannel[]): string[] {
    return PURPOSES.flatMap(purpose => {
      const paid = channels.filter(one => one.purpose === purpose).reduce((all, one) => all + one.paid, 0n)
      const due = priceOf(this.#trio.delivered(purpose), PRICE)
      return paid > due ? [`${purpose}: the chain has paid ${paid} wei for what costs ${due}`] : []
    })
  }
}

const totalsOf = (vouchers: ReadonlyMap<Hex, KeptVoucher>): Map<Hex, number> =>
  new Map([...vouchers].map(([id, { voucher }]) => [id, voucher.total]))

const totalsIn = ({ signed, vouchers }: Kept, purpose: Purpose): Totals => ({
  signed: signed[purpose],
  vouchers: totalsOf(vouchers[purpose]),
})

const totalOf = ({ vouchers }: Kept, { id, purpose }: PaidChannel): number =>
  vouchers[purpose].get(id)?.voucher.total ?? 0

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
