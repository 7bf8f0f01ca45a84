/** One session as its provider sees it: what may be forwarded, from where, to whom, how fast and how much. */
import type { RemoteInfo } from 'node:dgram'
import { IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../proto/datagram.js'
import { type Receipt, RelayFrame, type RelayOpen } from '../proto/messages.js'
import { POLICE_BURST_MS, POLICE_SLACK } from './constants.js'
import { isEcho, PathValidation } from './path-validation.js'
import type { MessageStream, PeerSigner } from './ports.js'
import { ReceiptChain } from './receipts.js'
import type { DropReason } from './relay-stats.js'
import { bytesIn } from './share.js'
import { TokenBucket } from './token-bucket.js'

/** Small sessions (heartbeats) may still send a handful of datagrams at once. */
const MIN_BURST_BYTES = 16 * IP_DATAGRAM_BYTES

export class RelaySession {
  readonly peer: string
  readonly tag: Buffer
  readonly nextHop: { readonly host: string; readonly port: number }
  readonly path: PathValidation
  readonly #stream: MessageStream
  readonly #signer: PeerSigner
  readonly #openedMs: number
  readonly #bucket: TokenBucket
  readonly #receipts: ReceiptChain
  readonly #closed = Promise.withResolvers<undefined>()
  /** Receipts are signed and sent one after another. */
  #sending: Promise<void> = Promise.resolve()
  #budgetBytes: number
  #source: { readonly address: string; readonly port: number } | undefined

  constructor(
    open: RelayOpen,
    given: {
      readonly peer: string
      readonly tag: Buffer
      readonly nonce: Uint8Array
      readonly stream: MessageStream
      readonly signer: PeerSigner
      readonly nowMs: number
      challenge(challenge: Uint8Array, port: number, host: string): void
    },
  ) {
    this.peer = given.peer
    this.tag = given.tag
    this.nextHop = { host: open.nextHopHost, port: open.nextHopPort }
    this.#stream = given.stream
    this.#signer = given.signer
    this.#openedMs = given.nowMs
    this.#budgetBytes = open.budgetBytes
    const burstBytes = Math.max(bytesIn(open.rateKbps, POLICE_BURST_MS), MIN_BURST_BYTES)
    this.#bucket = new TokenBucket(open.rateKbps * POLICE_SLACK, burstBytes, given.nowMs)
    this.#receipts = new ReceiptChain(open.sessionId, given.tag)
    this.path = new PathValidation(given.tag, given.nonce, this.nextHop, challenge =>
      given.challenge(challenge, this.nextHop.port, this.nextHop.host),
    )
  }

  /** Whether a datagram with this session's tag may go on: `echo` is for the relay itself. */
  police(datagram: Buffer, source: RemoteInfo, nowMs: number): 'forward' | 'echo' | DropReason {
    if (isEcho(datagram)) return this.path.accept(datagram, source) ? 'echo' : 'wrong-echo'
    if (!this.path.validated) return 'not-validated'
    this.#source ??= { address: source.address, port: source.port }
    if (source.port !== this.#source.port || source.address !== this.#source.address) return 'wrong-source'
    const bytes = datagram.length + IP_UDP_HEADER_BYTES
    if (bytes > this.#budgetBytes) return 'over-budget'
    if (!this.#bucket.take(bytes, nowMs)) return 'over-rate'
    this.#budgetBytes -= bytes
    return 'forward'
  }

  /** Counts a datagram that went on, and sends a receipt when one is due. */
  forwarded(datagram: Uint8Array, nowMs: number): void {
    if (this.#receipts.forwarded(datagram)) this.#sendReceipt(nowMs)
  }

  /** The opener's next message: it finishes, or goes away. Undefined also when the relay closes. */
  ended(): Promise<Uint8Array | undefined> {
    return Promise.race([this.#stream.receive(), this.#closed.promise])
  }

  close(): void {
    this.path.stop()
    this.#closed.resolve(undefined)
  }

  /** The last receipt has gone out when this resolves. */
  async finish(nowMs: number): Promise<void> {
    this.path.stop()
    if (this.#receipts.pendingBytes > 0) this.#sendReceipt(nowMs)
    await this.#sending
  }

  #sendReceipt(nowMs: number): void {
    const receipt = this.#receipts.next(nowMs - this.#openedMs, this.#signer)
    this.#sending = this.#sending
      .then(() => this.#send(receipt))
      .catch(() => {
        // The stream is gone, and with it whoever wanted the receipt.
      })
  }

  async #send(receipt: Promise<Receipt>): Promise<void> {
    await this.#stream.send(RelayFrame.encode({ receipt: await receipt }))
  }
}
