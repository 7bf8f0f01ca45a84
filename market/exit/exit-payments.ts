/**
 * How a tunnel pays its exit: over the tunnel's first stream, with the receipts of relays. The exit signs one for each MiB
 * that the streams have carried, and the client counter-signs it over what it counted itself.
 */

import { RECEIPT_BYTES } from '../../probe/constants.js'
import type { MessageStream, MonotonicClock, Payments, VoucherSigner } from '../../probe/ports.js'
import { Paying } from '../../probe/relay/paying.js'
import { ReceiptChain, receiptStart } from '../../probe/wire/receipts.js'
import { OpenerFrame, type Receipt, RelayFrame } from '../../proto/messages.js'
import { exitTag } from '../core/exit-tag.js'
import type { Meter } from './meter.js'

export interface ExitPaymentsModules {
  readonly payments: Payments
  readonly voucherSigner: VoucherSigner
  readonly clock: MonotonicClock
}

export class ExitPayments {
  readonly #stream: MessageStream
  readonly #modules: ExitPaymentsModules
  readonly #paying: Paying
  readonly #receipts: ReceiptChain
  readonly #openedMs: number
  #receiptedBytes = 0
  #sending: Promise<unknown> = Promise.resolve()

  constructor(stream: MessageStream, sessionId: Uint8Array, modules: ExitPaymentsModules) {
    this.#stream = stream
    this.#modules = modules
    this.#paying = new Paying(modules.payments, modules.clock, receiptStart(sessionId, exitTag(sessionId)))
    this.#receipts = new ReceiptChain(sessionId, exitTag(sessionId))
    this.#openedMs = modules.clock.now()
  }

  /** Signs a receipt if one is due. @param waits whether streams wait for a payment, which needs a receipt */
  carried(bytes: number, waits: boolean): void {
    if (bytes - this.#receiptedBytes < (waits ? 1 : RECEIPT_BYTES)) return
    this.#receiptedBytes = bytes
    const { clock, voucherSigner } = this.#modules
    const receipt = this.#receipts.next(bytes, clock.now() - this.#openedMs, voucherSigner)
    this.#sending = this.#sending.then(() => this.#send(receipt)).catch(() => {}) // the stream is gone
  }

  /** Takes payments until the stream ends, or most of them are void. @throws for a malformed one */
  async take(meter: Meter, onPayment: (paidBytes: number | undefined) => void): Promise<void> {
    while (!this.#paying.isHopeless) {
      const bytes = await this.#stream.receive()
      if (bytes === undefined) return
      const { counter } = OpenerFrame.decode(bytes)
      if (counter === undefined) return
      const paid = await this.#paying.take(counter)
      onPayment(paid?.bytes)
      if (paid !== undefined) meter.pay(paid.bytes)
    }
  }

  async #send(receipt: Promise<Receipt>): Promise<void> {
    const signed = await receipt
    this.#paying.add(signed)
    await this.#stream.send(RelayFrame.encode({ receipt: signed }))
  }
}
