/** The opener's side of a session with a provider: what both senders and heartbeats begin with. */
import {
  CounterReceipt,
  type Receipt,
  RelayFinish,
  RelayFrame,
  type RelayGrant,
  type RelayOpen,
  RelayOpen as RelayOpenCodec,
  type RelayRefuse,
} from '../../proto/messages.js'
import { LAST_RECEIPT_MS } from '../constants.js'
import { within } from '../deadline.js'
import type { PeerVerifier, ProviderStream } from '../ports.js'
import { grantDigest, refuseDigest } from './statements.js'

export type RelayAnswer =
  | { readonly kind: 'grant'; readonly grant: RelayGrant }
  | { readonly kind: 'refuse'; readonly refuse: RelayRefuse }

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** @returns whether the provider signed this grant for this session */
export const isGrantOf = async (grant: RelayGrant, sessionId: Uint8Array, provider: PeerVerifier): Promise<boolean> =>
  isSame(grant.sessionId, sessionId) &&
  grant.udpPort > 0 &&
  grant.udpPort <= 0xffff &&
  (await provider(grantDigest(grant), grant.signature))

/** @returns whether the provider signed this refusal of this session */
export const isRefusalOf = async (
  refuse: RelayRefuse,
  sessionId: Uint8Array,
  provider: PeerVerifier,
): Promise<boolean> =>
  isSame(refuse.sessionId, sessionId) && (await provider(refuseDigest(sessionId, refuse.reason), refuse.signature))

export class RelayClient {
  readonly receipts: Receipt[] = []
  readonly #stream: ProviderStream
  readonly #sessionId: Uint8Array
  readonly #ready = Promise.withResolvers<boolean>()
  readonly #ended = Promise.withResolvers<void>()

  constructor(stream: ProviderStream, sessionId: Uint8Array) {
    this.#stream = stream
    this.#sessionId = sessionId
  }

  get host(): string {
    return this.#stream.remoteHost
  }

  /** Whether the provider has validated the next hop; false once its stream has ended. */
  get ready(): Promise<boolean> {
    return this.#ready.promise
  }

  /** When the provider has ended the session, or its stream has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** @throws if the provider does not answer in `timeoutMs`, or with something that it did not sign */
  async open(request: RelayOpen, provider: PeerVerifier, timeoutMs: number): Promise<RelayAnswer> {
    await this.#stream.send(RelayOpenCodec.encode(request))
    const bytes = await within(timeoutMs, 'provider', this.#stream.receive())
    if (!bytes) throw new Error('provider closed the stream')
    const { grant, refuse } = RelayFrame.decode(bytes)
    if (refuse && (await isRefusalOf(refuse, this.#sessionId, provider))) return { kind: 'refuse', refuse }
    if (!grant || !(await isGrantOf(grant, this.#sessionId, provider)))
      throw new Error('provider did not sign its answer')
    if (grant.rateKbps !== request.rateKbps || grant.budgetBytes !== request.budgetBytes)
      throw new Error('provider granted something else')
    void this.#listen()
    return { kind: 'grant', grant }
  }

  /** Tells the provider that no more data comes, and waits a little for its last receipt. */
  async finish(): Promise<void> {
    await this.#stream.send(RelayFinish.encode({ sessionId: this.#sessionId })).catch(() => {})
    await within(LAST_RECEIPT_MS, 'last receipt', this.ended).catch(() => {})
  }

  /** After `finish`: what the receiver says of the last receipt is the provider's. */
  async handOver(counter: CounterReceipt): Promise<void> {
    await this.#stream.send(CounterReceipt.encode(counter)).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#stream.close().catch(() => {})
  }

  async #listen(): Promise<void> {
    try {
      for (let bytes = await this.#stream.receive(); bytes; bytes = await this.#stream.receive()) {
        const { ready, receipt, finish } = RelayFrame.decode(bytes)
        if (ready) this.#ready.resolve(true)
        if (receipt && isSame(receipt.sessionId, this.#sessionId)) this.receipts.push(receipt)
        if (finish) this.#end()
      }
    } catch {
      // A stream that broke has ended, too.
    } finally {
      this.#end()
    }
  }

  #end(): void {
    this.#ready.resolve(false)
    this.#ended.resolve()
  }
}
