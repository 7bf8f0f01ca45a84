/** What this client owes the exit of its tunnel: it counts what its connections carry, and pays for it by receipts. */
import { setTimeout as pause } from 'node:timers/promises'
import { PAYMENTS_PER_SECOND } from '../../probe/constants.js'
import type { RandomSource } from '../../probe/ports.js'
import type { ClientTunnel } from '../../probe/tunnel/index.js'
import { receiptStart } from '../../probe/wire/receipts.js'
import type { Hex } from '../../proto/hex.js'
import { OpenerFrame, type Receipt, RelayFrame } from '../../proto/messages.js'
import { ByteReader } from '../core/byte-reader.js'
import { STREAM_KIND } from '../core/destination.js'
import { exitTag } from '../core/exit-tag.js'
import { MessageFrames } from '../core/message-frames.js'
import { Payer } from './payer.js'
import type { Purse } from './purse.js'

export interface ExitAccountModules {
  readonly tunnel: ClientTunnel
  readonly purse: Pick<Purse, 'pay'>
  /** the channel that pays the exit */
  readonly id: Hex
  /** the same with more in it, or another one, once the first is empty. @throws if there is nothing to pay with */
  readonly next: () => Promise<Hex>
  readonly random: RandomSource
  /** after a payment from a channel */
  readonly onPaid: (channel: Hex) => void
  /** hears why nothing is left to pay with */
  readonly onEmpty: (why: Error) => void
}

const SESSION_ID_BYTES = 32
/** A receipt may come before what it bills, so it is not only receipts that a payment waits for. */
const PAY_BYTES = 256 * 1024
const PAY_MS = 1000
/** A fifth more than an exit asks for: what is sent in time may come together. */
const LEAST_GAP_MS = (1.2 * 1000) / PAYMENTS_PER_SECOND
/** An exit waits for payments once much more than this is unpaid. */
const NEVER_WAITED_FOR_BYTES = 2 << 20

export class ExitAccount {
  readonly #modules: ExitAccountModules
  readonly #payer: Payer
  #id: Hex
  #newest: Receipt | undefined
  #carriedBytes = 0
  #due = Promise.withResolvers<void>()
  #isRefilling = false

  /** @throws TunnelError `closed` */
  constructor(modules: ExitAccountModules) {
    const { tunnel, purse, random } = modules
    this.#modules = modules
    this.#id = modules.id
    const sessionId = random.bytes(SESSION_ID_BYTES)
    const start = receiptStart(sessionId, exitTag(sessionId))
    const stream = tunnel.openStream()
    stream.on('error', () => {}) // the tunnel has ended
    stream.write(Buffer.concat([Uint8Array.of(STREAM_KIND.payments), sessionId]))
    const frames = new MessageFrames(stream, new ByteReader(stream), RelayFrame.maxBytes)
    this.#payer = new Payer({
      ...{ purse, id: () => this.#id },
      onEmpty: () => void this.#refill(),
      point: () => this.#newest ?? start,
      // An exit may bill what this client has sent and it has not got yet, and no more.
      provenBytes: () => Math.min(this.#carriedBytes, this.#newest?.bytes ?? 0),
      send: counter => frames.send(OpenerFrame.encode({ counter })),
    })
    const over = new AbortController()
    // Nonsense is paid for no more. An exit that takes no payments carries no more: another one does.
    void Promise.race([this.#listen(frames), this.#payOn(over.signal)])
      .catch(() => {})
      .finally(() => {
        over.abort()
        tunnel.close('payments ended')
      })
  }

  get carriedBytes(): number {
    return this.#carriedBytes
  }

  get paidBytes(): number {
    return this.#payer.paidBytes
  }

  /** Bytes that a connection has carried, in either direction. */
  carried(bytes: number): void {
    this.#carriedBytes += bytes
    if (this.#payer.owedBytes >= PAY_BYTES) this.#due.resolve()
  }

  async #listen(frames: MessageFrames): Promise<void> {
    for (let bytes = await frames.receive(); bytes; bytes = await frames.receive()) {
      const { receipt } = RelayFrame.decode(bytes)
      if (receipt === undefined) return
      const isAgain = receipt.bytes === this.#newest?.bytes
      this.#newest = receipt
      this.#due.resolve()
      const isMissed = this.paidBytes > 0 && receipt.bytes - this.paidBytes < NEVER_WAITED_FOR_BYTES
      if (isAgain && isMissed) await this.#payer.repeat()
    }
  }

  async #payOn(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      this.#due = Promise.withResolvers()
      const before = this.paidBytes
      await this.#payer.pay()
      if (this.paidBytes > before) this.#modules.onPaid(this.#id)
      await pause(LEAST_GAP_MS, undefined, { ref: false })
      await Promise.race([this.#due.promise, pause(PAY_MS, undefined, { ref: false })])
    }
  }

  async #refill(): Promise<void> {
    if (this.#isRefilling) return
    this.#isRefilling = true
    const { next, onEmpty } = this.#modules
    try {
      this.#id = await next()
      this.#due.resolve()
    } catch (why) {
      onEmpty(why as Error)
    } finally {
      this.#isRefilling = false
    }
  }
}
