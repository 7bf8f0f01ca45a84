/**
 * The provider's side: who gets a session, and what the provider signs for it. For its datagrams see plane/relaying.ts.
 */
import { NONCE_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import type { Hex } from '../../proto/hex.js'
import { OpenerFrame, RelayFrame, RelayOpen, type ServedSlots } from '../../proto/messages.js'
import { isNoToken } from '../../proto/token.js'
import { COUNTER_MS, HANDSHAKE_MS } from '../constants.js'
import { within } from '../deadline.js'
import type { Backend, PortFacts } from '../io/datagram-port.js'
import { paidWindowBytes } from '../plane/allowance.js'
import { anchorOf } from '../plane/clock.js'
import { type ForwardingSpec, forwardAll, limited, loadForwarding, type RefuseReason } from '../plane/forwarding.js'
import { openRemote, type Remote } from '../plane/host.js'
import { newRelayStats, type RelayStats, relayCounterMemory } from '../plane/relay-stats.js'
import type { RelayingEvent, RelayingOptions } from '../plane/relaying.js'
import type {
  Access,
  AnswerSigner,
  Lanes,
  MonotonicClock,
  Paid,
  Payments,
  ProviderStream,
  RandomSource,
  VoucherSigner,
} from '../ports.js'
import { isCounterOf, receiptStart } from '../wire/receipts.js'
import { REFUSE_NAME } from '../wire/refuse-reasons.js'
import { grantDigest, readyDigest, refuseDigest } from '../wire/statements.js'
import { Admission, type Place } from './admission.js'
import type { CreditRule } from './credit.js'
import { Paying } from './paying.js'
import { RelaySession } from './relay-session.js'

export interface RelayOptions {
  readonly host: string
  /** 0 for any */
  readonly port: number
  /** where openers reach the port, if that is not the host of their connection or not the port's own number */
  readonly announced?: { readonly host: string; readonly port?: number | undefined } | undefined
  readonly claimKbps: number
  /** limit on all sessions together (see `limited`) */
  readonly limitKbps?: number | undefined
  /** of the link behind the relay, which then orders sessions by class (see scheduler.ts; default: no order) */
  readonly linkKbps?: number | undefined
  /** instead of `limitKbps` */
  readonly forwarding?: ForwardingSpec | undefined
  /** to insist on one (default: the best available) */
  readonly backend?: Backend | undefined
  /** see `PortOptions` (default: false) */
  readonly offload?: boolean | undefined
  /** who opens reserved sessions (default: nobody, so everybody is a stranger) */
  readonly access?: Access | undefined
  /** takes what users pay (default: nobody can pay) */
  readonly payments?: Payments | undefined
  /** the lanes that users have reserved (default: none) */
  readonly lanes?: Lanes | undefined
  /** what strangers may have carried without payment (default: no limit) */
  readonly credit?: CreditRule | undefined
  readonly answerSigner: AnswerSigner
  /** for receipts */
  readonly voucherSigner: VoucherSigner
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

const strangersOnly: Access = { classOf: token => (isNoToken(token) ? 'stranger' : 'invalid') }

const noPayments: Payments = { accept: async () => undefined }

const noLanes: Lanes = { shareOf: () => undefined, served: async () => undefined }

/** For a relay that only its owner reaches, as in a lab. */
export const everybodyReserved: Access = { classOf: () => 'reserved' }

/** What the relay tells the owner of an opener's connection. */
export interface OpenerConnection {
  /** The opener showed a good token: the connection must not make room for others. */
  reserved(): void
  /** The opener's host opens too many sessions: the connection is not worth keeping. */
  unanswered(): void
}

/** A session with its place. */
interface Admitted {
  readonly open: RelayOpen
  readonly openBytes: number
  readonly peer: string
  readonly place: Place
  readonly session: RelaySession
  readonly tag: Uint8Array
}

export class Relay {
  readonly stats: RelayStats
  readonly #options: RelayOptions
  /** those that hold a place */
  readonly #sessions = new Map<number, RelaySession>()
  /** those, and others that still wait for a counter-signature */
  readonly #heard = new Set<RelaySession>()
  #remote!: Remote<'relaying'>
  #admission!: Admission
  #ids = 0

  private constructor(options: RelayOptions, stats: RelayStats) {
    this.#options = options
    this.stats = stats
  }

  /** @throws UdpPortError */
  static async open(options: RelayOptions): Promise<Relay> {
    const { host, port, backend, offload = false, claimKbps, limitKbps, linkKbps } = options
    const { access = strangersOnly, credit, lanes = noLanes } = options
    const spec = options.forwarding ?? (limitKbps ? limited(limitKbps) : forwardAll)
    const counters = relayCounterMemory()
    const relay = new Relay(options, newRelayStats(counters))
    const forwarding = await loadForwarding(spec)
    const clock = anchorOf(options.clock)
    const udp = { host, port, backend, offload, clock }
    const relaying: RelayingOptions = { ...udp, claimKbps, linkKbps, counters, forwarding: spec }
    relay.#remote = await openRemote('relaying', relaying, event => relay.#onEvent(event))
    const { account } = options.answerSigner
    const own = { host, port: relay.port }
    relay.#admission = new Admission(
      { own, account, access, lanes, credit, forwarding, clock: options.clock },
      claimKbps,
    )
    return relay
  }

  /** The UDP port and its backend. */
  get facts(): PortFacts {
    return this.#remote.facts
  }

  get port(): number {
    return this.facts.port
  }

  /** That openings may ask for. */
  get claimKbps(): number {
    return this.#admission.claimKbps
  }

  /** For a claim that changed on chain. Open sessions keep what they were granted. */
  setClaim(claimKbps: number): void {
    this.#admission.claimKbps = claimKbps
    this.#remote.tell('setClaim', claimKbps)
  }

  /** See `Admission.know`. */
  know(host: string): void {
    this.#admission.know(host)
  }

  /**
   * Serves one session, from the request to the counter-signature of its last receipt. Never throws for a peer's fault.
   *
   * @param connection on which the stream came; absent in a process that has no others
   */
  async serve(stream: ProviderStream, peer: string, connection?: OpenerConnection): Promise<void> {
    try {
      const request = await within(HANDSHAKE_MS, 'session request', stream.receive())
      if (request) await this.#serve(RelayOpen.decode(request), stream, peer, connection, request.length)
    } catch {
      // The peer is gone, silent or speaks nonsense, so there is nobody to tell.
    } finally {
      await stream.close().catch(() => {})
    }
  }

  async close(): Promise<void> {
    for (const session of this.#heard) session.close()
    this.#sessions.clear()
    await this.#remote.close()
  }

  async #serve(
    open: RelayOpen,
    stream: ProviderStream,
    peer: string,
    connection: OpenerConnection | undefined,
    openBytes: number,
  ): Promise<void> {
    const place = this.#admission.admit(open, peer, stream.remoteHost)
    if (place === 'unanswered') {
      this.stats.unanswered++
      connection?.unanswered()
      return
    }
    if (typeof place === 'number') return this.#refuse(open, stream, peer, place)
    if (place.isReserved) connection?.reserved()
    const { random, clock, payments = noPayments } = this.#options
    const tag = random.bytes(TAG_BYTES)
    const paying = new Paying(payments, clock, receiptStart(open.sessionId, tag))
    const takeServed = place.lane && this.#takeServed.bind(this, place.lane.id)
    const session = new RelaySession({ ...this.#options, sessionId: open.sessionId, tag, stream, paying, takeServed })
    this.#heard.add(session)
    try {
      if (await this.#run({ open, openBytes, peer, place, session, tag }, stream)) await this.#hearCounter(session)
    } finally {
      this.#heard.delete(session)
      void session.paymentsTaken.then(() => place.settle(session.unpaidBytes))
    }
  }

  async #refuse({ sessionId }: RelayOpen, stream: ProviderStream, opener: string, reason: RefuseReason): Promise<void> {
    this.stats.refused[REFUSE_NAME.get(reason)!]++
    const refuse = { sessionId, reason, opener }
    const signature = await this.#options.answerSigner.sign(refuseDigest(refuse))
    await stream.send(RelayFrame.encode({ refuse: { ...refuse, signature } }))
  }

  /** @returns whether the opener finished the session */
  async #run({ open, openBytes, peer, place, session, tag }: Admitted, stream: ProviderStream): Promise<boolean> {
    const { announced, random, answerSigner } = this.#options
    const { sessionId, nextHopHost, nextHopPort, rateKbps, budgetBytes } = open
    const id = ++this.#ids
    const reserved = place.isReserved
    this.#sessions.set(id, session)
    this.stats.sessions = this.#sessions.size
    if (reserved) this.stats.reserved++
    this.stats.granted++
    try {
      const path = { nonce: random.bytes(NONCE_BYTES), nextHopHost, nextHopPort, openBytes }
      const granted = { rateKbps, budgetBytes, lane: place.lane }
      await this.#remote.call('openSession', { id, reserved, tag, ...path, ...granted, opener: peer })
      const to = { udpPort: announced?.port ?? this.port, udpHost: announced?.host, opener: peer }
      const grant = { sessionId, tag, ...to, rateKbps, budgetBytes }
      const signature = await answerSigner.sign(grantDigest(grant))
      await stream.send(RelayFrame.encode({ grant: { ...grant, signature } }))
      if (!(await session.pathSettled)) return false
      const ready = { sessionId, signature: await answerSigner.sign(readyDigest(sessionId)) }
      await stream.send(RelayFrame.encode({ ready }))
      const isFinished = await session.hear(open.durationMs, paid => {
        this.#countPayment(paid)
        if (paid === undefined) return
        // Whoever paid for little of what it had owes the rest as well.
        place.lower(paidWindowBytes(rateKbps) + session.unpaidBytes)
        this.#remote.tell('pay', id, paid)
      })
      const due = await this.#remote.call('endSession', id)
      if (due) session.sendReceipt(due)
      await session.receiptsSent
      await stream.send(RelayFrame.encode({ finish: { sessionId } }))
      return isFinished
    } finally {
      this.#remote.tell('endSession', id)
      place.leave()
      this.#sessions.delete(id)
      this.stats.sessions = this.#sessions.size
      if (reserved) this.stats.reserved--
    }
  }

  /**
   * Awaits the receiver's counter-signature, which turns the last receipt into a voucher. By now the session is over,
   * and counts towards no limit. Nobody named a probe's receiver at opening, so its signature is not checked; a payment's is.
   */
  async #hearCounter(session: RelaySession): Promise<void> {
    const last = session.lastReceipt
    const bytes = last && (await session.receive(COUNTER_MS))
    const counter = bytes && OpenerFrame.decode(bytes).counter
    if (!counter) return
    if (counter.channel !== undefined) this.#countPayment(await session.take(counter))
    else if (isCounterOf(counter, last)) {
      this.stats.counterSigned++
      this.stats.counterSignedBytes += counter.bytes
      this.stats.receiptedBytes += last.bytes
    }
  }

  async #takeServed(lane: Hex, { slots, signature }: ServedSlots): Promise<boolean> {
    const share = await this.#options.lanes!.served(lane, slots, signature)
    if (share !== undefined) this.#remote.tell('extendLane', share)
    return share !== undefined
  }

  /** @param paid undefined for a void payment */
  #countPayment(paid: Paid | undefined): void {
    if (paid === undefined) this.stats.voidPayments++
    else this.stats.paidBytes += paid.bytes
  }

  #onEvent(event: RelayingEvent): void {
    const session = this.#sessions.get(event.session)
    if (event.kind === 'path') session?.settlePath(event.validated)
    else session?.sendReceipt(event.due)
  }
}
