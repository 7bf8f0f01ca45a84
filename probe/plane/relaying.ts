/**
 * The provider's UDP port, in the worker: one for all sessions. The relay drops and counts each datagram that has no
 * session's tag, comes from another source, or exceeds its session's rate or budget, and strangers' datagrams for which
 * reserved sessions leave no room (left-over.ts). If the rate of its link is known, sessions go in an order (scheduler.ts).
 * Before an address is validated,
 * the relay sends it nothing but the bounded challenges of path-validation.ts and challenge-cap.ts.
 */

import { DATAGRAM_BYTES, IP_UDP_HEADER_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import type { DatagramPort, PortFacts, ReceivedBatch } from '../io/datagram-port.js'
import { openPort } from '../io/open-port.js'
import type { LaneShare, MonotonicClock, Paid } from '../ports.js'
import { echoOf, PathValidation } from '../wire/path-validation.js'
import { ChallengeCap } from './challenge-cap.js'
import { clockOf } from './clock.js'
import { OVERRUNS_MS } from './counters.js'
import { DelayQueue } from './delay-queue.js'
import { type Forwarding, type ForwardingSpec, loadForwarding, type Packet } from './forwarding.js'
import { FullLink, type WaitingDatagram } from './full-link.js'
import { LaneRates } from './lane-rates.js'
import { LeftOver } from './left-over.js'
import type { PortSpec } from './port-spec.js'
import { type RelayCounterMemory, type RelayTraffic, relayTraffic } from './relay-stats.js'
import { RelayedSession, type SessionSpec } from './relayed-session.js'
import { TagTable } from './tag-table.js'

export interface RelayingOptions extends PortSpec {
  readonly claimKbps: number
  /** see scheduler.ts (default: everything goes at once) */
  readonly linkKbps?: number | undefined
  readonly offload: boolean
  readonly counters: RelayCounterMemory
  readonly forwarding: ForwardingSpec
}

/** The content of a receipt. */
export interface DueReceipt {
  /** that the session has forwarded so far, at the IP layer, as the provider says */
  readonly bytes: number
  /** since the session was opened */
  readonly elapsedMs: number
}

export type RelayingEvent =
  | { readonly kind: 'path'; readonly session: number; readonly validated: boolean }
  | { readonly kind: 'receipt'; readonly session: number; readonly due: DueReceipt }

/** A copy that waits until its time. */
interface DelayedDatagram extends WaitingDatagram {
  readonly dueMs: number
}

type WritablePacket = { -readonly [Name in keyof Packet]: Packet[Name] }

export class Relaying {
  readonly #clock: MonotonicClock
  readonly #stats: RelayTraffic
  readonly #forwarding: Forwarding
  readonly #emit: (event: RelayingEvent) => void
  readonly #byTag = new TagTable<RelayedSession>()
  readonly #byId = new Map<number, RelayedSession>()
  readonly #challengeCap = new ChallengeCap()
  readonly #leftOver: LeftOver
  readonly #laneRates = new LaneRates()
  readonly #delayed: DelayQueue<DelayedDatagram>
  readonly #fullLink: FullLink | undefined
  #port!: DatagramPort
  #overrunTimer: NodeJS.Timeout | undefined
  readonly #packet: WritablePacket = {
    bytes: Buffer.alloc(0),
    length: 0,
    session: 0,
    reserved: false,
    paid: false,
    opener: '',
    rateKbps: 0,
    ageMs: 0,
  }

  private constructor(
    { claimKbps, linkKbps, counters }: RelayingOptions,
    clock: MonotonicClock,
    forwarding: Forwarding,
    emit: (event: RelayingEvent) => void,
  ) {
    this.#clock = clock
    this.#stats = relayTraffic(counters)
    this.#forwarding = forwarding
    this.#emit = emit
    this.#leftOver = new LeftOver(claimKbps, clock.now())
    if (linkKbps !== undefined)
      this.#fullLink = new FullLink({
        ...{ linkKbps, claimKbps, clock },
        send: waiting => this.#sendWaiting(waiting),
        giveWay: waiting => this.#giveWay(waiting),
      })
    this.#delayed = new DelayQueue(
      () => clock.now(),
      waiting => this.#releaseDelayed(waiting),
    )
  }

  /** @throws UdpPortError */
  static async open(options: RelayingOptions, emit: (event: RelayingEvent) => void): Promise<Relaying> {
    const { host, port, backend, offload } = options
    const clock = clockOf(options.clock)
    const forwarding = await loadForwarding(options.forwarding)
    const relaying = new Relaying(options, clock, forwarding, emit)
    const onBatch = (batch: ReceivedBatch) => relaying.#onBatch(batch)
    relaying.#port = await openPort({ host, port, headerBytes: 0, clock, offload, onBatch }, backend)
    relaying.#overrunTimer = setInterval(() => {
      relaying.#stats.overruns = relaying.#port.overruns
    }, OVERRUNS_MS)
    return relaying
  }

  get facts(): PortFacts {
    return this.#port.facts
  }

  setClaim(claimKbps: number): void {
    this.#leftOver.setClaim(claimKbps, this.#clock.now())
    this.#fullLink?.setClaim(claimKbps)
  }

  /** An event tells whether the session's path was validated. */
  openSession(spec: SessionSpec): void {
    const nextHop = this.#port.endpoint(spec.nextHopHost, spec.nextHopPort)
    const nowMs = this.#clock.now()
    const lane = spec.lane && this.#laneRates.of(spec.lane, nowMs)
    const path = new PathValidation({
      ...spec,
      send: challenge => {
        if (!this.#challengeCap.take(nextHop.host, this.#clock.now())) return false
        this.#stats.challenges++
        this.#port.send(challenge, nextHop)
        return true
      },
      onSettled: validated => this.#emit({ kind: 'path', session: spec.id, validated }),
    })
    const session = new RelayedSession(spec, nextHop, path, lane, nowMs)
    this.#byTag.set(spec.tag, session)
    this.#byId.set(spec.id, session)
  }

  pay(id: number, paid: Paid): void {
    this.#byId.get(id)?.pay(paid)
  }

  /** A lane is served for longer. */
  extendLane(share: LaneShare): void {
    this.#laneRates.of(share, this.#clock.now())
  }

  /** @returns the content of the last receipt, if one is due */
  endSession(id: number): DueReceipt | undefined {
    const session = this.#byId.get(id)
    if (!session) return undefined
    session.path.stop()
    this.#byTag.delete(session.tag)
    this.#byId.delete(id)
    return this.#receiptOf(session)
  }

  async close(): Promise<void> {
    clearInterval(this.#overrunTimer)
    for (const session of this.#byId.values()) session.path.stop()
    this.#byId.clear()
    this.#delayed.stop()
    this.#fullLink?.stop()
    await this.#port.close()
  }

  #onBatch(batch: ReceivedBatch): void {
    const { dropped } = this.#stats
    for (let i = 0; i < batch.count; i++) {
      const length = batch.lengths[i]!
      if (length <= TAG_BYTES || length > DATAGRAM_BYTES) {
        dropped.malformed++
        continue
      }
      const place = batch.body(i)
      const session = this.#byTag.find(place)
      if (!session) {
        dropped['unknown-tag']++
        continue
      }
      const verdict = session.police(batch, i, place)
      const ipBytes = length + IP_UDP_HEADER_BYTES
      if (verdict === 'forward' && !this.#hasRoom(session, ipBytes, batch.arrivedMs[i]!)) {
        dropped['no-room']++
      } else if (verdict === 'forward') this.#forward(batch, i, session)
      else if (verdict === 'echo') this.#onEcho(session)
      else if (verdict === 'challenge') this.#port.send(echoOf(place.subarray(0, length)), batch.source(i))
      else dropped[verdict]++
    }
    this.#port.flush()
    this.#fullLink?.sendOn()
  }

  /** On a link of a known rate, payers wait in queues of their own, and take nothing from others. */
  #hasRoom(session: RelayedSession, ipBytes: number, arrivedMs: number): boolean {
    const isApart = this.#fullLink !== undefined && session.classAt(arrivedMs) !== 'unpaid'
    return isApart || this.#leftOver.take(session.reserved, ipBytes, arrivedMs)
  }

  #onEcho({ nextHop }: RelayedSession): void {
    this.#stats.echoes++
    this.#challengeCap.echoed(nextHop.host)
  }

  #forward(batch: ReceivedBatch, i: number, session: RelayedSession): void {
    const packet = this.#packet
    const arrivedMs = batch.arrivedMs[i]!
    packet.bytes = batch.body(i)
    packet.length = batch.lengths[i]!
    packet.session = session.id
    packet.reserved = session.reserved
    packet.paid = session.isPaid
    packet.opener = session.opener
    packet.rateKbps = session.rateKbps
    packet.ageMs = Math.max(0, arrivedMs - session.openedMs)
    const verdict = this.#forwarding.forward(packet, arrivedMs)
    if (verdict === 'drop') {
      this.#stats.dropped['not-forwarded']++
      return
    }
    session.spend(packet.length)
    if (typeof verdict === 'object') {
      const bytes = Buffer.from(packet.bytes.subarray(0, packet.length))
      this.#delayed.add({ bytes, session: session.id, dueMs: arrivedMs + verdict.holdMs })
      return
    }
    this.#pass(batch, i, session)
    if (verdict === 'twice') this.#pass(batch, i, session)
  }

  /** Sends the datagram that `#packet` describes, or queues it. */
  #pass(batch: ReceivedBatch, i: number, session: RelayedSession): void {
    const { bytes, length } = this.#packet
    if (this.#fullLink === undefined) {
      this.#port.forward(i, length, session.nextHop)
      this.#count(session, length)
      return
    }
    const waiting = { bytes: Buffer.from(bytes.subarray(0, length)), session: session.id }
    this.#fullLink.queue(session, waiting, batch.arrivedMs[i]!)
  }

  #releaseDelayed(waiting: DelayedDatagram): void {
    const session = this.#byId.get(waiting.session)
    if (!session) return // the session has ended in the meantime
    if (this.#fullLink === undefined) {
      this.#send(session, waiting.bytes)
      return
    }
    this.#fullLink.queue(session, waiting, this.#clock.now())
    this.#fullLink.sendOn()
  }

  #sendWaiting({ session: id, bytes }: WaitingDatagram): void {
    const session = this.#byId.get(id)
    if (session === undefined)
      this.#stats.dropped['link-full']++ // its turn came after its session
    else this.#send(session, bytes)
  }

  #giveWay({ session, bytes }: WaitingDatagram): void {
    this.#stats.dropped['link-full']++
    this.#byId.get(session)?.refund(bytes.length)
  }

  #send(session: RelayedSession, bytes: Buffer): void {
    this.#port.send(bytes, session.nextHop)
    this.#count(session, bytes.length)
  }

  #count(session: RelayedSession, length: number): void {
    this.#stats.forwarded++
    this.#stats.forwardedBytes += length
    if (!session.forwarded.add(length)) return
    this.#emit({ kind: 'receipt', session: session.id, due: this.#receiptOf(session)! })
  }

  #receiptOf(session: RelayedSession): DueReceipt | undefined {
    const forwarded = session.forwarded.next()
    if (forwarded === undefined) return undefined
    const bytes = this.#forwarding.bill?.(session.id, forwarded) ?? forwarded
    return { bytes, elapsedMs: this.#clock.now() - session.openedMs }
  }
}
