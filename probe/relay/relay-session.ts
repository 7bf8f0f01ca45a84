/** One session in the main thread of its provider: the opener's stream, and the receipts that the provider signs. */
import { type CounterReceipt, OpenerFrame, type Receipt, RelayFrame, type ServedSlots } from '../../proto/messages.js'
import { LEAST_PAID_BYTES } from '../constants.js'
import { within } from '../deadline.js'
import type { DueReceipt } from '../plane/relaying.js'
import type { MessageStream, MonotonicClock, Paid, VoucherSigner } from '../ports.js'
import { ReceiptChain } from '../wire/receipts.js'
import type { Paying } from './paying.js'

export interface RelaySessionModules {
  readonly sessionId: Uint8Array
  readonly tag: Uint8Array
  readonly stream: MessageStream
  readonly voucherSigner: VoucherSigner
  readonly clock: MonotonicClock
  readonly paying: Paying
  /** takes served slots of the session's lane, and says whether they were worth something; undefined without a lane */
  readonly takeServed: ((served: ServedSlots) => Promise<boolean>) | undefined
}

export class RelaySession {
  readonly #modules: RelaySessionModules
  readonly #receipts: ReceiptChain
  readonly #path = Promise.withResolvers<boolean>()
  #lastReceipt: Receipt | undefined
  readonly #closed = Promise.withResolvers<undefined>()
  /** the last receipt to be signed and sent: one follows the other */
  #sending: Promise<void> = Promise.resolve()

  constructor(modules: RelaySessionModules) {
    this.#modules = modules
    this.#receipts = new ReceiptChain(modules.sessionId, modules.tag)
  }

  /** Resolves to whether the next hop answered in time. */
  get pathSettled(): Promise<boolean> {
    return this.#path.promise
  }

  settlePath(validated: boolean): void {
    this.#path.resolve(validated)
  }

  /**
   * Hears the opener until it finishes, goes away, sends nonsense or runs out of time. Payments give it as much time again.
   * @param onPayment hears what was paid, or undefined for a void payment
   * @returns whether it finished
   */
  async hear(durationMs: number, onPayment: (paid: Paid | undefined) => void): Promise<boolean> {
    const { stream, clock, paying, takeServed } = this.#modules
    let [untilMs, newlyPaid] = [clock.now() + durationMs, 0]
    while (!paying.isHopeless) {
      const next = Promise.race([stream.receive(), this.#closed.promise])
      const bytes = await within(untilMs - clock.now(), 'end of session', next).catch(() => undefined)
      if (bytes === undefined) return false
      const { finish, counter, served } = decoded(bytes)
      if (finish !== undefined) return true
      if (served !== undefined) {
        if (!(await takeServed?.(served))) paying.countVoid()
        continue
      }
      if (counter === undefined) return false
      const paid = await paying.take(counter)
      onPayment(paid)
      newlyPaid += paid?.bytes ?? 0
      if (newlyPaid >= LEAST_PAID_BYTES) [untilMs, newlyPaid] = [clock.now() + durationMs, 0]
    }
    return false
  }

  /** A payment that comes after the end. @returns see `Paying.take` */
  take(counter: CounterReceipt): Promise<Paid | undefined> {
    return this.#modules.paying.take(counter)
  }

  /** Of all payments of the session. */
  get paidBytes(): number {
    return this.#modules.paying.paidBytes
  }

  sendReceipt({ bytes, elapsedMs }: DueReceipt): void {
    const receipt = this.#receipts.next(bytes, elapsedMs, this.#modules.voucherSigner)
    this.#sending = this.#sending
      .then(() => this.#send(receipt))
      .catch(() => {
        // The stream is gone, so nobody wants the receipt.
      })
  }

  get lastReceipt(): Receipt | undefined {
    return this.#lastReceipt
  }

  /** Resolves once all receipts so far have gone out. */
  get receiptsSent(): Promise<void> {
    return this.#sending
  }

  close(): void {
    this.#path.resolve(false)
    this.#closed.resolve(undefined)
  }

  async #send(receipt: Promise<Receipt>): Promise<void> {
    const signed = await receipt
    this.#lastReceipt = signed
    this.#modules.paying.add(signed)
    await this.#modules.stream.send(RelayFrame.encode({ receipt: signed }))
  }
}

function decoded(bytes: Uint8Array): OpenerFrame {
  try {
    return OpenerFrame.decode(bytes)
  } catch {
    return {}
  }
}
