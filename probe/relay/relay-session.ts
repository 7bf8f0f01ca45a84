/** One session in the main thread of its provider: the opener's stream, and the receipts that the provider signs. */
import { type Receipt, RelayFrame, type RelayOpen } from '../../proto/messages.js'
import type { DueReceipt } from '../plane/relaying.js'
import type { MessageStream, VoucherSigner } from '../ports.js'
import { ReceiptChain } from '../wire/receipts.js'

export class RelaySession {
  readonly #stream: MessageStream
  readonly #signer: VoucherSigner
  readonly #receipts: ReceiptChain
  readonly #path = Promise.withResolvers<boolean>()
  #lastReceipt: Receipt | undefined
  readonly #closed = Promise.withResolvers<undefined>()
  /** the last receipt to be signed and sent: one follows the other */
  #sending: Promise<void> = Promise.resolve()

  constructor(
    open: RelayOpen,
    given: {
      readonly tag: Uint8Array
      readonly stream: MessageStream
      readonly signer: VoucherSigner
    },
  ) {
    this.#stream = given.stream
    this.#signer = given.signer
    this.#receipts = new ReceiptChain(open.sessionId, given.tag)
  }

  /** Resolves to whether the next hop answered in time. */
  get pathSettled(): Promise<boolean> {
    return this.#path.promise
  }

  settlePath(validated: boolean): void {
    this.#path.resolve(validated)
  }

  /** The opener's next message, which ends the session; undefined if the opener or the relay goes away. */
  ended(): Promise<Uint8Array | undefined> {
    return Promise.race([this.#stream.receive(), this.#closed.promise])
  }

  sendReceipt({ bytes, elapsedMs }: DueReceipt): void {
    const receipt = this.#receipts.next(bytes, elapsedMs, this.#signer)
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
    await this.#stream.send(RelayFrame.encode({ receipt: signed }))
  }
}
