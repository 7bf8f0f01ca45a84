/** Pays for one session, or one tunnel at an exit: what this client has counted, at each receipt and every few seconds. */
import type { ReceiptPoint } from '../../probe/wire/receipts.js'
import type { Hex } from '../../proto/hex.js'
import type { CounterReceipt } from '../../proto/messages.js'
import type { Purse } from './purse.js'

export interface PayerModules {
  readonly purse: Pick<Purse, 'pay'>
  /** of the channel that pays now */
  readonly id: () => Hex
  /** the newest receipt */
  readonly point: () => ReceiptPoint
  /** that this client knows to have been carried */
  readonly provenBytes: () => number
  readonly send: (counter: CounterReceipt) => Promise<void>
  /** The deposit does not pay for all that was carried. */
  readonly onEmpty: () => void
}

/** Less is not worth a signature. */
const LEAST_BYTES = 1024

export class Payer {
  readonly #modules: PayerModules
  #paidBytes = 0
  #paying: Promise<void> | undefined

  constructor(modules: PayerModules) {
    this.#modules = modules
  }

  get paidBytes(): number {
    return this.#paidBytes
  }

  /** Counted and not paid for. */
  get owedBytes(): number {
    return this.#modules.provenBytes() - this.#paidBytes
  }

  /** Pays what is owed. A payment that is under way is shared. */
  pay(): Promise<void> {
    this.#paying ??= this.#pay().finally(() => {
      this.#paying = undefined
    })
    return this.#paying
  }

  /** Sends what is paid already under the newest receipt: the payment before did not count. */
  async repeat(): Promise<void> {
    const { purse, id, point, send } = this.#modules
    await this.#paying
    const counter = await purse.pay(id(), point(), this.#paidBytes, 0)
    if (counter !== undefined) await send(counter)
  }

  async #pay(): Promise<void> {
    const { purse, id, point, send, onEmpty } = this.#modules
    const bytes = this.owedBytes
    if (bytes < LEAST_BYTES) return
    const counter = await purse.pay(id(), point(), this.#paidBytes, bytes)
    const signedBytes = counter === undefined ? 0 : counter.bytes - this.#paidBytes
    this.#paidBytes += signedBytes
    if (counter !== undefined) await send(counter)
    if (signedBytes < bytes) onEmpty()
  }
}
