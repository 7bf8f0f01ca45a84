/** What this client owes the exit of its tunnel: it counts what its connections carry, and pays for it by receipts. */
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

export class ExitAccount {
  readonly #payer: Payer
  #newest: Receipt | undefined
  #carriedBytes = 0

  /** @throws TunnelError `closed` */
  constructor({ tunnel, purse, id: first, next, random, onPaid, onEmpty }: ExitAccountModules) {
    let id = first
    const sessionId = random.bytes(SESSION_ID_BYTES)
    const start = receiptStart(sessionId, exitTag(sessionId))
    const stream = tunnel.openStream()
    stream.on('error', () => {}) // the tunnel has ended
    stream.write(Buffer.concat([Uint8Array.of(STREAM_KIND.payments), sessionId]))
    const frames = new MessageFrames(stream, new ByteReader(stream), RelayFrame.maxBytes)
    this.#payer = new Payer({
      ...{ purse, id: () => id },
      onEmpty: () => {
        next().then(found => {
          id = found
          return this.#payer.pay()
        }, onEmpty)
      },
      point: () => this.#newest ?? start,
      // An exit may bill what this client has sent and it has not got yet, and no more.
      provenBytes: () => Math.min(this.#carriedBytes, this.#newest?.bytes ?? 0),
      send: counter => frames.send(OpenerFrame.encode({ counter })),
    })
    // Nonsense is paid for no more. An exit that takes no payments carries no more: another one does.
    void this.#listen(frames, () => onPaid(id))
      .catch(() => {})
      .finally(() => tunnel.close('payments ended'))
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
  }

  async #listen(frames: MessageFrames, onPaid: () => void): Promise<void> {
    for (let bytes = await frames.receive(); bytes; bytes = await frames.receive()) {
      const { receipt } = RelayFrame.decode(bytes)
      if (receipt === undefined) return
      this.#newest = receipt
      await this.#payer.pay()
      onPaid()
    }
  }
}
