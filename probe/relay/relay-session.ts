/** One session in the main thread of its provider: the opener's stream, and the receipts that the provider signs. */
import { type CounterReceipt, OpenerFrame, type Receipt, RelayFrame, type ServedSlots } from '../../proto/messages.js'
import { LEAST_PAID_BYTES } from '../constants.js'
import type { DueReceipt } from '../plane/relaying.js'
import type { MessageStream, MonotonicClock, Paid, VoucherSigner } from '../ports.js'
import { ReceiptChain } from '../wire/receipts.js'
import type { Paying } from './paying.js'
import { ReadAhead } from './read-ahead.js'

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
  readonly #messages: ReadAhead
  readonly #path = Promise.withResolvers<boolean>()
  #lastReceipt: Receipt | undefined
  /** the last receipt to be signed and sent: one follows the other */
  #sending: Promise<void> = Promise.resolve()
  /** the last payment of which the session heard */
  #taking: Promise<unknown> = Promise.resolve()

  constructor(modules: RelaySessionModules) {
    this.#modules = modules
    this.#receipts = new ReceiptChain(modules.sessionId, modules.tag)
    this.#messages = new ReadAhead(modules.stream)
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
   * The chain may let a payment wait. The session does not wait for it once its opener has gone or its time is over.
   * @param onPayment hears what was paid, or undefined for a void payment: of the last one perhaps after the end
   * @returns whether it finished
   */
  async hear(durationMs: number, onPayment: (paid: Paid | undefined) => void): Promise<boolean> {
    const { clock, paying, takeServed } = this.#modules
    let [untilMs, newlyPaid] = [clock.now() + durationMs, 0]
    while (!paying.isHopeless) {
      const bytes = await this.#messages.next(untilMs - clock.now())
      if (bytes === undefined) return false
      const { finish, counter, served } = decoded(bytes)
      if (finish !== undefined) return true
      if (served !== undefined) {
        if (!(await takeServed?.(served))) paying.countVoid()
        continue
      }
      if (counter === undefined) return false
      const taking = paying.take(counter)
      this.#taking = taking.then(onPayment).catch(() => {})
      if (!(await this.#messages.during(taking, untilMs - clock.now()))) return false
      const paid = await taking
      newlyPaid += paid?.bytes ?? 0
      if (newlyPaid >= LEAST_PAID_BYTES) [untilMs, newlyPaid] = [clock.now() + durationMs, 0]
    }
    return false
  }

  /** The next message, after the end. @returns undefined if none comes in time */
  receive(ms: number): Promise<Uint8Array | undefined> {
    return this.#messages.next(ms)
  }

  /** A payment that comes after the end. @returns see `Paying.take` */
  take(counter: CounterReceipt): Promise<Paid | undefined> {
    return this.#modules.paying.take(counter)
  }

  /** What was forwarded by the last receipt, and not paid. */
  get unpaidBytes(): number {
    return Math.max(0, (this.#lastReceipt?.bytes ?? 0) - this.#modules.paying.paidBytes)
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

  /** Resolves once every payment that was heard is kept or void. */
  get paymentsTaken(): Promise<unknown> {
    return this.#taking
  }

  /** Resolves once all receipts so far have gone out. */
  get receiptsSent(): Promise<void> {
    return this.#sending
  }

  close(): void {
    this.#path.resolve(false)
    this.#messages.close()
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
