/**
 * How a tunnel pays its exit: over the tunnel's first stream, with the receipts of relays. The exit signs one for each MiB
 * that the streams have carried, and the client counter-signs it over what it counted itself.
 */
import { PAYMENTS_PER_SECOND, RECEIPT_BYTES } from '../../probe/constants.js'
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

/** As a client may pay. The window is much more than what is carried in this time. */
const LEAST_GAP_MS = 1000 / PAYMENTS_PER_SECOND
/** While streams wait, the last receipt comes again: the payment for it may have been void, since the chain was late. */
const AGAIN_MS = 1000

export class ExitPayments {
  readonly #stream: MessageStream
  readonly #modules: ExitPaymentsModules
  readonly #meter: Meter
  readonly #paying: Paying
  readonly #receipts: ReceiptChain
  readonly #openedMs: number
  #receiptedBytes = 0
  #receiptedMs = Number.NEGATIVE_INFINITY
  #sending: Promise<unknown> = Promise.resolve()

  constructor(stream: MessageStream, sessionId: Uint8Array, meter: Meter, modules: ExitPaymentsModules) {
    this.#stream = stream
    this.#modules = modules
    this.#meter = meter
    this.#paying = new Paying(modules.payments, modules.clock, receiptStart(sessionId, exitTag(sessionId)))
    this.#receipts = new ReceiptChain(sessionId, exitTag(sessionId))
    this.#openedMs = modules.clock.now()
  }

  /** Signs a receipt if one is due. */
  look(): void {
    const { carriedBytes, isWaiting } = this.#meter
    const nowMs = this.#modules.clock.now()
    const freshBytes = carriedBytes - this.#receiptedBytes
    const pauseMs = nowMs - this.#receiptedMs
    const isAgain = isWaiting && pauseMs >= AGAIN_MS
    if (!isAgain && (pauseMs < LEAST_GAP_MS || freshBytes < (isWaiting ? 1 : RECEIPT_BYTES))) return
    this.#receiptedBytes = carriedBytes
    this.#receiptedMs = nowMs
    const receipt = this.#receipts.next(carriedBytes, nowMs - this.#openedMs, this.#modules.voucherSigner)
    this.#sending = this.#sending.then(() => this.#send(receipt)).catch(() => {}) // the stream is gone
  }

  /** Takes payments until the stream ends, or most of them are void. @throws for a malformed one, or one that cannot be kept */
  async take(onPayment: (paidBytes: number | undefined) => void): Promise<void> {
    const looking = setInterval(() => this.look(), LEAST_GAP_MS).unref()
    try {
      while (!this.#paying.isHopeless) {
        const bytes = await this.#stream.receive()
        if (bytes === undefined) return
        const { counter } = OpenerFrame.decode(bytes)
        if (counter === undefined) return
        const paid = await this.#paying.take(counter)
        onPayment(paid?.bytes)
        if (paid !== undefined) this.#meter.pay(paid.bytes)
      }
    } finally {
      clearInterval(looking)
    }
  }

  async #send(receipt: Promise<Receipt>): Promise<void> {
    const signed = await receipt
    this.#paying.add(signed)
    await this.#stream.send(RelayFrame.encode({ receipt: signed }))
  }
}
