/** The payments of one session: which of them belong to it, how much they pay, and how many are void. */
import type { CounterReceipt, Receipt } from '../../proto/messages.js'
import { MOST_VOID_PAYMENTS, PAYMENTS_PER_SECOND } from '../constants.js'
import type { MonotonicClock, Paid, Payments } from '../ports.js'
import { isCounterOf, type ReceiptPoint, voucherOf } from '../wire/receipts.js'

/** A payment may be on its way while the relay signs more receipts. */
const RECEIPTS_KEPT = 32
const SECOND_MS = 1000

export class Paying {
  readonly #payments: Payments
  readonly #clock: MonotonicClock
  /** that a payment may name, the newest last */
  readonly #points: ReceiptPoint[]
  #paidBytes = 0
  #void = 0
  #dueMs = Number.NEGATIVE_INFINITY

  /** @param start of the session's receipts */
  constructor(payments: Payments, clock: MonotonicClock, start: ReceiptPoint) {
    this.#payments = payments
    this.#clock = clock
    this.#points = [start]
  }

  /** Of all payments of the session. */
  get paidBytes(): number {
    return this.#paidBytes
  }

  get isHopeless(): boolean {
    return this.#void >= MOST_VOID_PAYMENTS
  }

  add(receipt: Receipt): void {
    this.#points.push(receipt)
    if (this.#points.length > RECEIPTS_KEPT) this.#points.shift()
  }

  /** Something else that the opener signed, and that is worth nothing. */
  countVoid(): void {
    this.#void++
  }

  /** @returns undefined if it is void. @throws if it cannot be kept */
  async take(counter: CounterReceipt): Promise<Paid | undefined> {
    const isOurs = this.#points.some(point => isCounterOf(counter, point))
    const bytes = counter.bytes - this.#paidBytes
    const paid =
      isOurs && bytes > 0 && this.#isInTime()
        ? await this.#payments.accept(voucherOf(counter), counter.signature, bytes)
        : undefined
    if (paid === undefined) this.#void++
    else this.#paidBytes += paid.bytes
    return paid
  }

  /** Each costs the relay much more than its user: as a bucket that holds a second's payments. */
  #isInTime(): boolean {
    const nowMs = this.#clock.now()
    const dueMs = Math.max(this.#dueMs, nowMs - SECOND_MS) + SECOND_MS / PAYMENTS_PER_SECOND
    if (dueMs > nowMs) return false
    this.#dueMs = dueMs
    return true
  }
}
