/**
 * The provider's side: who gets a session, and what the provider signs for it. For its datagrams see plane/relaying.ts.
 */
import { isIP } from 'node:net'
import { NONCE_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { toHex } from '../../proto/hex.js'
import { CounterReceipt, type Receipt, RelayFrame, RelayOpen } from '../../proto/messages.js'
import { isNoToken } from '../../proto/token.js'
import { COUNTER_MS, HANDSHAKE_MS, SHARE_SLACK, STRANGER_OPENINGS, TOKEN_OPENINGS } from '../constants.js'
import { within } from '../deadline.js'
import type { Backend, PortFacts } from '../io/datagram-port.js'
import { anchorOf } from '../plane/clock.js'
import {
  type Forwarding,
  type ForwardingSpec,
  forwardAll,
  limited,
  loadForwarding,
  REFUSE,
  type RefuseName,
  type RefuseReason,
} from '../plane/forwarding.js'
import { openRemote, type Remote } from '../plane/host.js'
import { newRelayStats, type RelayStats, relayCounterMemory } from '../plane/relay-stats.js'
import type { RelayingEvent, RelayingOptions } from '../plane/relaying.js'
import type { Access, AnswerSigner, MonotonicClock, ProviderStream, RandomSource, VoucherSigner } from '../ports.js'
import { shapeOf } from '../verdict/session-shape.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { HostLimit } from '../wire/host-limit.js'
import { mayReach } from '../wire/next-hop.js'
import { isCounterOf } from '../wire/receipts.js'
import { SeenSessions } from '../wire/seen-sessions.js'
import { grantDigest, readyDigest, refuseDigest } from '../wire/statements.js'
import { RelaySession } from './relay-session.js'
import { Strangers } from './strangers.js'

export interface RelayOptions {
  readonly host: string
  /** 0 for any */
  readonly port: number
  /** where openers reach the port, if that is not the host of their connection or not the port's own number */
  readonly announced?: { readonly host: string; readonly port?: number | undefined } | undefined
  readonly claimKbps: number
  /** limit on all sessions together (see `limited`) */
  readonly limitKbps?: number | undefined
  /** instead of `limitKbps` */
  readonly forwarding?: ForwardingSpec | undefined
  /** to insist on one (default: the best available) */
  readonly backend?: Backend | undefined
  /** see `PortOptions` (default: false) */
  readonly offload?: boolean | undefined
  /** who opens reserved sessions (default: nobody, so everybody is a stranger) */
  readonly access?: Access | undefined
  readonly answerSigner: AnswerSigner
  /** for receipts */
  readonly voucherSigner: VoucherSigner
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

const ALL_ADDRESSES = '::'
const strangersOnly: Access = { classOf: token => (isNoToken(token) ? 'stranger' : 'invalid') }

/** For a relay that only its owner reaches, as in a lab. */
export const everybodyReserved: Access = { classOf: () => 'reserved' }

/** What the relay tells the owner of an opener's connection. */
export interface OpenerConnection {
  /** The opener showed a good token: the connection must not make room for others. */
  reserved(): void
  /** The opener's host opens too many sessions: the connection is not worth keeping. */
  unanswered(): void
}

const REFUSE_NAME = new Map(Object.entries(REFUSE).map(([name, reason]) => [reason, name as RefuseName]))

export class Relay {
  readonly stats: RelayStats
  readonly #options: RelayOptions
  readonly #forwarding: Forwarding
  readonly #sessions = new Map<number, RelaySession>()
  readonly #seen = new SeenSessions()
  readonly #access: Access
  readonly #strangers = new Strangers()
  readonly #tokenOpenings = new HostLimit(TOKEN_OPENINGS)
  readonly #strangerOpenings = new HostLimit(STRANGER_OPENINGS)
  readonly #closing = Promise.withResolvers<undefined>()
  #claimKbps: number
  #remote!: Remote<'relaying'>
  #ids = 0

  private constructor(options: RelayOptions, forwarding: Forwarding, stats: RelayStats) {
    this.#options = options
    this.#claimKbps = options.claimKbps
    this.#forwarding = forwarding
    this.#access = options.access ?? strangersOnly
    this.stats = stats
  }

  /** @throws UdpPortError */
  static async open(options: RelayOptions): Promise<Relay> {
    const { host, port, backend, offload = false, claimKbps, limitKbps } = options
    const forwarding = options.forwarding ?? (limitKbps ? limited(limitKbps) : forwardAll)
    const counters = relayCounterMemory()
    const relay = new Relay(options, await loadForwarding(forwarding), newRelayStats(counters))
    const clock = anchorOf(options.clock)
    const spec: RelayingOptions = { host, port, backend, offload, claimKbps, clock, counters, forwarding }
    relay.#remote = await openRemote('relaying', spec, event => relay.#onEvent(event))
    return relay
  }

  /** The UDP port and its backend. */
  get facts(): PortFacts {
    return this.#remote.facts
  }

  get port(): number {
    return this.facts.port
  }

  /** For a claim that changed on chain. Open sessions keep what they were granted. */
  setClaim(claimKbps: number): void {
    this.#claimKbps = claimKbps
    this.#remote.tell('setClaim', claimKbps)
  }

  /** A verifier's host, as the chain says: strangers elsewhere cannot use up what its openings need. */
  know(host: string): void {
    for (const limit of [this.#tokenOpenings, this.#strangerOpenings]) limit.know(host)
  }

  /**
   * Serves one session, from the request to the counter-signature of its last receipt. Never throws for a peer's fault.
   *
   * @param connection on which the stream came; absent in a process that has no others
   */
  async serve(stream: ProviderStream, peer: string, connection?: OpenerConnection): Promise<void> {
    try {
      const request = await within(HANDSHAKE_MS, 'session request', stream.receive())
      const finished = request && (await this.#serve(request, stream, peer, connection))
      if (finished) await this.#hearCounter(finished, stream)
    } catch {
      // The peer is gone, silent or speaks nonsense, so there is nobody to tell.
    } finally {
      await stream.close().catch(() => {})
    }
  }

  async close(): Promise<void> {
    this.#closing.resolve(undefined)
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
    await this.#remote.close()
  }

  /** @returns the last receipt, if the opener finished the session */
  async #serve(
    request: Uint8Array,
    stream: ProviderStream,
    peer: string,
    connection: OpenerConnection | undefined,
  ): Promise<Receipt | undefined> {
    const { announced, random, answerSigner, voucherSigner } = this.#options
    const open = RelayOpen.decode(request)
    const admitted = this.#admit(open, peer, stream.remoteHost)
    if (admitted === 'unanswered') {
      this.stats.unanswered++
      connection?.unanswered()
      return undefined
    }
    if (typeof admitted === 'number') {
      const reason = admitted
      this.stats.refused[REFUSE_NAME.get(reason)!]++
      const refuse = { sessionId: open.sessionId, reason, opener: peer }
      const signature = await answerSigner.sign(refuseDigest(refuse))
      await stream.send(RelayFrame.encode({ refuse: { ...refuse, signature } }))
      return undefined
    }
    const tag = random.bytes(TAG_BYTES)
    const id = ++this.#ids
    const reserved = admitted === 'reserved'
    if (reserved) connection?.reserved()
    const leave = reserved ? () => {} : this.#strangers.enter(peer, stream.remoteHost)
    const session = new RelaySession(open, { tag, stream, signer: voucherSigner })
    this.#sessions.set(id, session)
    this.stats.sessions = this.#sessions.size
    if (reserved) this.stats.reserved++
    this.stats.granted++
    const { nextHopHost, nextHopPort, rateKbps, budgetBytes } = open
    const openBytes = request.length
    const path = { nonce: random.bytes(NONCE_BYTES), nextHopHost, nextHopPort, openBytes }
    try {
      await this.#remote.call('openSession', { id, reserved, tag, ...path, opener: peer, rateKbps, budgetBytes })
      const udpPort = announced?.port ?? this.port
      const to = { udpPort, udpHost: announced?.host, opener: peer }
      const grant = { sessionId: open.sessionId, tag, ...to, rateKbps, budgetBytes }
      const signature = await answerSigner.sign(grantDigest(grant))
      await stream.send(RelayFrame.encode({ grant: { ...grant, signature } }))
      if (!(await session.pathSettled)) return undefined
      const ready = { sessionId: open.sessionId, signature: await answerSigner.sign(readyDigest(open.sessionId)) }
      await stream.send(RelayFrame.encode({ ready }))
      // The opener finishes, goes away or runs out of time. Any message of the opener now means the end.
      const finish = await within(open.durationMs, 'end of session', session.ended()).catch(() => undefined)
      const due = await this.#remote.call('endSession', id)
      if (due) session.sendReceipt(due)
      await session.receiptsSent
      await stream.send(RelayFrame.encode({ finish: { sessionId: open.sessionId } }))
      return finish && session.lastReceipt
    } finally {
      this.#remote.tell('endSession', id)
      session.close()
      leave()
      this.#sessions.delete(id)
      this.stats.sessions = this.#sessions.size
      if (reserved) this.stats.reserved--
    }
  }

  /**
   * Awaits the receiver's counter-signature, which turns the last receipt into a voucher. By now the session is over,
   * and counts towards no limit. Redeeming a voucher must check that the payer signed it: nobody named the payer at
   * opening.
   */
  async #hearCounter(last: Receipt, stream: ProviderStream): Promise<void> {
    const heard = Promise.race([stream.receive(), this.#closing.promise])
    const bytes = await within(COUNTER_MS, 'counter-signature', heard)
    const counter = bytes && CounterReceipt.decode(bytes)
    if (!counter || !isCounterOf(counter, last)) return
    this.stats.counterSigned++
    this.stats.counterSignedBytes += counter.bytes
    this.stats.receiptedBytes += last.bytes
  }

  /** The limits come first, since all that follows costs something. The token comes last, so no refusal wastes it. */
  #admit(open: RelayOpen, peer: string, host: string): 'reserved' | 'stranger' | 'unanswered' | RefuseReason {
    const nowMs = this.#options.clock.now()
    const bare = isNoToken(open.token)
    if (!(bare ? this.#strangerOpenings : this.#tokenOpenings).take(host, nowMs)) return 'unanswered'
    const early = bare ? this.#access.classOf(open.token) : undefined
    if (early === 'stranger' && !this.#strangers.hasRoomFor(peer, host)) return REFUSE.busy
    const reason = this.#refusal(open, peer, nowMs)
    if (reason !== undefined) return reason
    const found = early ?? this.#access.classOf(open.token)
    if (found === 'invalid') return REFUSE.token
    if (found === 'reserved') {
      for (const limit of [this.#tokenOpenings, this.#strangerOpenings]) limit.refund(host)
    }
    return found
  }

  #refusal(open: RelayOpen, peer: string, nowMs: number): RefuseReason | undefined {
    const { rateKbps, budgetBytes, durationMs, nextHopHost, nextHopPort } = open
    if (toHex(open.provider) !== this.#options.answerSigner.account) return REFUSE.otherProvider
    if (isIP(nextHopHost) === 0 || nextHopPort < 1 || nextHopPort > 0xffff) return REFUSE.malformed
    if (rateKbps < 1 || budgetBytes < 1 || durationMs < 1) return REFUSE.malformed
    if (!this.#hasFamilyOf(nextHopHost)) return REFUSE.family
    const own = { host: this.#options.host, port: this.port }
    if (!mayReach(own, { host: nextHopHost, port: nextHopPort })) return REFUSE.nextHop
    const most = shapeOf(this.#claimKbps)
    const isTooMuch = rateKbps > most.rateKbps * SHARE_SLACK || budgetBytes > most.budgetBytes * SHARE_SLACK
    if (isTooMuch || durationMs > most.durationMs) return REFUSE.tooMuch
    if (!this.#seen.add(toHex(open.sessionId), nowMs)) return REFUSE.replayed
    const admitted = this.#forwarding.admit(open, nowMs, peer)
    return admitted === true ? undefined : admitted
  }

  /** Bound to all IPv6 addresses, the port takes IPv4 as well. */
  #hasFamilyOf(nextHopHost: string): boolean {
    const { host } = this.#options
    return host === ALL_ADDRESSES || isOverIpv6(host) === isOverIpv6(nextHopHost)
  }

  #onEvent(event: RelayingEvent): void {
    const session = this.#sessions.get(event.session)
    if (event.kind === 'path') session?.settlePath(event.validated)
    else session?.sendReceipt(event.due)
  }
}
