/**
 * The provider's UDP port, in the worker: one for all sessions. The relay drops and counts each datagram that has no
 * session's tag, comes from another source, or exceeds its session's rate or budget, and strangers' datagrams for which
 * reserved sessions leave no room (left-over.ts). Before an address is validated,
 * the relay sends it nothing but the bounded challenges of path-validation.ts and challenge-cap.ts.
 */

import { DATAGRAM_BYTES, IP_UDP_HEADER_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import type { DatagramPort, PortFacts, ReceivedBatch } from '../io/datagram-port.js'
import { openPort } from '../io/open-port.js'
import type { MonotonicClock } from '../ports.js'
import { echoOf, PathValidation } from '../wire/path-validation.js'
import { ChallengeCap } from './challenge-cap.js'
import { clockOf } from './clock.js'
import { OVERRUNS_MS } from './counters.js'
import { DelayQueue } from './delay-queue.js'
import { type Forwarding, type ForwardingSpec, loadForwarding, type Packet } from './forwarding.js'
import { LeftOver } from './left-over.js'
import type { PortSpec } from './port-spec.js'
import { type RelayCounterMemory, type RelayTraffic, relayTraffic } from './relay-stats.js'
import { RelayedSession, type SessionSpec } from './relayed-session.js'
import { TagTable } from './tag-table.js'

export interface RelayingOptions extends PortSpec {
  readonly claimKbps: number
  readonly offload: boolean
  readonly counters: RelayCounterMemory
  readonly forwarding: ForwardingSpec
}

/** The content of a receipt. */
export interface DueReceipt {
  /** that the session has forwarded so far, at the IP layer */
  readonly bytes: number
  /** since the session was opened */
  readonly elapsedMs: number
}

export type RelayingEvent =
  | { readonly kind: 'path'; readonly session: number; readonly validated: boolean }
  | { readonly kind: 'receipt'; readonly session: number; readonly due: DueReceipt }

/** A copy that waits in the queue until its time. */
interface DelayedDatagram {
  readonly dueMs: number
  readonly bytes: Buffer
  readonly session: number
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
  readonly #delayed: DelayQueue<DelayedDatagram>
  #port!: DatagramPort
  #overrunTimer: NodeJS.Timeout | undefined
  readonly #packet: WritablePacket = {
    bytes: Buffer.alloc(0),
    length: 0,
    session: 0,
    reserved: false,
    opener: '',
    rateKbps: 0,
    ageMs: 0,
  }

  private constructor(
    clock: MonotonicClock,
    stats: RelayTraffic,
    forwarding: Forwarding,
    leftOver: LeftOver,
    emit: (event: RelayingEvent) => void,
  ) {
    this.#clock = clock
    this.#stats = stats
    this.#forwarding = forwarding
    this.#leftOver = leftOver
    this.#emit = emit
    this.#delayed = new DelayQueue(
      () => clock.now(),
      ({ session, bytes }) => this.#releaseDelayed(session, bytes),
    )
  }

  /** @throws UdpPortError */
  static async open(options: RelayingOptions, emit: (event: RelayingEvent) => void): Promise<Relaying> {
    const { host, port, backend, offload } = options
    const clock = clockOf(options.clock)
    const forwarding = await loadForwarding(options.forwarding)
    const leftOver = new LeftOver(options.claimKbps, clock.now())
    const relaying = new Relaying(clock, relayTraffic(options.counters), forwarding, leftOver, emit)
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
  }

  /** An event tells whether the session's path was validated. */
  openSession(spec: SessionSpec): void {
    const nextHop = this.#port.endpoint(spec.nextHopHost, spec.nextHopPort)
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
    const session = new RelayedSession(spec, nextHop, path, this.#clock.now())
    this.#byTag.set(spec.tag, session)
    this.#byId.set(spec.id, session)
  }

  /** @param bytes that the session's user has paid for, besides those before */
  pay(id: number, bytes: number): void {
    this.#byId.get(id)?.allowance.pay(bytes)
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
      if (verdict === 'forward' && !this.#leftOver.take(session.reserved, ipBytes, batch.arrivedMs[i]!)) {
        dropped['no-room']++
      } else if (verdict === 'forward') this.#forward(batch, i, session)
      else if (verdict === 'echo') this.#onEcho(session)
      else if (verdict === 'challenge') this.#port.send(echoOf(place.subarray(0, length)), batch.source(i))
      else dropped[verdict]++
    }
    this.#port.flush()
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
    packet.opener = session.opener
    packet.rateKbps = session.rateKbps
    packet.ageMs = Math.max(0, arrivedMs - session.openedMs)
    const verdict = this.#forwarding.forward(packet, arrivedMs)
    if (verdict === 'drop') {
      this.#stats.dropped['not-forwarded']++
      return
    }
    session.spend(packet.length)
    if (verdict === 'now') {
      this.#port.forward(i, packet.length, session.nextHop)
      this.#count(session, packet.length)
    } else {
      const bytes = Buffer.from(packet.bytes.subarray(0, packet.length))
      this.#delayed.add({ dueMs: arrivedMs + verdict.holdMs, bytes, session: session.id })
    }
  }

  #releaseDelayed(id: number, bytes: Buffer): void {
    const session = this.#byId.get(id)
    if (!session) return // the session has ended in the meantime
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
    const bytes = session.forwarded.next()
    return bytes === undefined ? undefined : { bytes, elapsedMs: this.#clock.now() - session.openedMs }
  }
}
