/**
 * The opener's side of a session with a provider. Senders, heartbeats and users all begin with it, and the provider is
 * shown the same by all of them.
 */
import { fromHex, type Hex } from '../../proto/hex.js'
import {
  type CounterReceipt,
  MAX_RECEIPTS,
  OpenerFrame,
  type Receipt,
  RelayFrame,
  type RelayGrant,
  type RelayOpen,
  RelayOpen as RelayOpenCodec,
  type RelayRefuse,
  type ServedSlots,
} from '../../proto/messages.js'
import { NO_TOKEN } from '../../proto/token.js'
import { LAST_RECEIPT_MS, OPEN_BYTES, SETTLE_MS, SETTLE_SPREAD_MS } from '../constants.js'
import { within } from '../deadline.js'
import type { AnswerVerifier, ProviderStream } from '../ports.js'
import { grantDigest, readyDigest, refuseDigest } from './statements.js'

export type RelayAnswer =
  | { readonly kind: 'grant'; readonly grant: RelayGrant }
  | { readonly kind: 'refuse'; readonly refuse: RelayRefuse }

/** What an opener asks for. */
export type RelayRequest = Omit<RelayOpen, 'padding' | 'provider' | 'token'> & {
  /** undefined opens the session as a stranger */
  readonly token?: Uint8Array | undefined
}

/** All openings have one length. */
export function paddedOpen({ token = NO_TOKEN, ...request }: RelayRequest, provider: Hex): RelayOpen {
  const open = { ...request, token, provider: fromHex(provider), padding: new Uint8Array(OPEN_BYTES) }
  const excess = RelayOpenCodec.encode(open).length - OPEN_BYTES
  return { ...open, padding: new Uint8Array(OPEN_BYTES - excess) }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** @returns whether the provider signed this grant for this session */
export const isGrantOf = async (grant: RelayGrant, sessionId: Uint8Array, provider: AnswerVerifier): Promise<boolean> =>
  isSame(grant.sessionId, sessionId) &&
  grant.udpPort > 0 &&
  grant.udpPort <= 0xffff &&
  (await provider.isSigned(grantDigest(grant), grant.signature))

/** @returns whether the provider signed this refusal of this session */
export const isRefusalOf = async (
  refuse: RelayRefuse,
  sessionId: Uint8Array,
  provider: AnswerVerifier,
): Promise<boolean> =>
  isSame(refuse.sessionId, sessionId) && (await provider.isSigned(refuseDigest(refuse), refuse.signature))

export class RelayClient {
  readonly receipts: Receipt[] = []
  readonly #stream: ProviderStream
  readonly #sessionId: Uint8Array
  readonly #onReceipt: (receipt: Receipt) => void
  readonly #ready = Promise.withResolvers<boolean>()
  readonly #ended = Promise.withResolvers<void>()
  #settlesMs = 0

  /** @param onReceipt hears of each receipt, also of those that are too many to be kept */
  constructor(stream: ProviderStream, sessionId: Uint8Array, onReceipt: (receipt: Receipt) => void = () => {}) {
    this.#stream = stream
    this.#sessionId = sessionId
    this.#onReceipt = onReceipt
  }

  get host(): string {
    return this.#stream.remoteHost
  }

  /** Resolves to whether the provider has validated the next hop: false if its stream ends first. */
  get ready(): Promise<boolean> {
    return this.#ready.promise
  }

  /** Time until this opener may send data, ms. No opener sends data earlier. */
  get settlingMs(): number {
    return Math.max(0, this.#settlesMs - performance.now())
  }

  /** Resolves once the provider has ended the session, or its stream has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /**
   * @throws if the provider does not answer in `timeoutMs`, did not sign its answer, or grants another rate or budget
   */
  async open(request: RelayRequest, provider: AnswerVerifier, timeoutMs: number): Promise<RelayAnswer> {
    await this.#stream.send(RelayOpenCodec.encode(paddedOpen(request, provider.account)))
    this.#settlesMs = performance.now() + SETTLE_MS + Math.random() * SETTLE_SPREAD_MS
    const bytes = await within(timeoutMs, 'provider', this.#stream.receive())
    if (!bytes) throw new Error('provider closed the stream')
    const { grant, refuse } = RelayFrame.decode(bytes)
    if (refuse && (await isRefusalOf(refuse, this.#sessionId, provider))) return { kind: 'refuse', refuse }
    if (!grant || !(await isGrantOf(grant, this.#sessionId, provider)))
      throw new Error('provider did not sign its answer')
    if (grant.rateKbps !== request.rateKbps || grant.budgetBytes !== request.budgetBytes)
      throw new Error('provider granted another rate or budget')
    void this.#listen(provider)
    return { kind: 'grant', grant }
  }

  /** Tells the provider that no more data comes, and waits LAST_RECEIPT_MS for its last receipt. */
  async finish(): Promise<void> {
    await this.#stream.send(OpenerFrame.encode({ finish: { sessionId: this.#sessionId } })).catch(() => {})
    await within(LAST_RECEIPT_MS, 'last receipt', this.ended).catch(() => {})
  }

  /**
   * Gives the provider a counter-signature of its last receipt: that of a user at any time, as a payment, and that of a
   * probe's receiver after `finish`.
   */
  async handOver(counter: CounterReceipt): Promise<void> {
    await this.#stream.send(OpenerFrame.encode({ counter })).catch(() => {})
  }

  /** Tells the provider how many slots of the session's lane were served. */
  async tellServed(served: ServedSlots): Promise<void> {
    await this.#stream.send(OpenerFrame.encode({ served })).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#stream.close().catch(() => {})
  }

  async #listen(provider: AnswerVerifier): Promise<void> {
    try {
      for (let bytes = await this.#stream.receive(); bytes; bytes = await this.#stream.receive()) {
        const { ready, receipt, finish } = RelayFrame.decode(bytes)
        if (ready) this.#ready.resolve(await provider.isSigned(readyDigest(this.#sessionId), ready.signature))
        // A provider that sends more than its share would make the sender's reveal too long to be read.
        if (receipt && isSame(receipt.sessionId, this.#sessionId)) {
          if (this.receipts.length < MAX_RECEIPTS) this.receipts.push(receipt)
          this.#onReceipt(receipt)
        }
        if (finish) this.#end()
      }
    } catch {
      // A broken stream has ended, too.
    } finally {
      this.#end()
    }
  }

  #end(): void {
    this.#ready.resolve(false)
    this.#ended.resolve()
  }
}
