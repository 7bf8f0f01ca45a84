/** An exit's end of one client's tunnel. The client's pings say which legs carry, and how. */
import type { MonotonicClock } from '../ports.js'
import { decodePacket, KIND, type Mode, type Ping } from './bodies.js'
import { Carrying } from './carrying.js'
import { JOIN_MS, KEEP_ALIVE_MS, LEG_IDLE_MS, MOST_LEGS } from './constants.js'
import type { TunnelEnd } from './errors.js'
import type { ExitLeg } from './exit-leg.js'
import { InOrder } from './in-order.js'
import { startMs } from './leg-choice.js'
import type { Body } from './leg-datagram.js'
import { QuicEnd } from './quic-end.js'
import type { QuicStream } from './quic-stream.js'
import { type Connection, isShort } from './quiche.js'
import { SinkingDelay } from './sinking-delay.js'
import type { Timers } from './timers.js'

export interface ExitTunnelOptions {
  readonly id: string
  readonly clock: MonotonicClock
  readonly timers: Timers
  readonly connect: () => Connection
  /** for a client whose connection this exit does not know */
  readonly resetPacket: () => Uint8Array
  readonly onOpen: (tunnel: ExitTunnel) => void
  readonly onLegGone: (leg: ExitLeg) => void
  readonly onClosed: (tunnel: ExitTunnel) => void
}

export class ExitTunnel {
  /** The client's tunnel id, as hexadecimal text. It is a secret of the two ends. */
  readonly id: string
  /** Takes the streams that the client opens. Set it when the tunnel is announced. Listen to each stream's `error`. */
  onStream: (stream: QuicStream) => void = stream => stream.destroy()
  readonly #options: ExitTunnelOptions
  readonly #legs = new Set<ExitLeg>()
  readonly #carrying: Carrying
  readonly #inOrder: InOrder<ExitLeg>
  readonly #delay: SinkingDelay
  readonly #closed = Promise.withResolvers<TunnelEnd>()
  #quic: QuicEnd | undefined
  #mode: Mode = 'spread'
  #active: readonly ExitLeg[] = []
  /** the newest choice of legs that has come */
  #change = 0
  #heardMs: number
  /** when the client was last asked for an acknowledgement */
  #askedMs: number

  constructor(options: ExitTunnelOptions) {
    this.#options = options
    this.id = options.id
    this.#heardMs = this.#askedMs = options.clock.now()
    const { clock, timers } = options
    this.#carrying = new Carrying({ clock, timers, mode: () => this.#mode, legs: () => this.#carriers() })
    const deliver = (packet: Buffer) => {
      this.#quic ??= this.#begin()
      this.#quic.receive(packet)
    }
    this.#delay = new SinkingDelay({ clock, timers, deliver })
    this.#inOrder = new InOrder(packet => this.#delay.take(packet))
  }

  get closed(): Promise<TunnelEnd> {
    return this.#closed.promise
  }

  /** With how many bytes of each are proven. */
  get legs(): readonly ExitLeg[] {
    return [...this.#legs]
  }

  /** The legs that the client wants used. */
  get activeLegs(): readonly ExitLeg[] {
    return this.#active
  }

  get mode(): Mode {
    return this.#mode
  }

  /** Whether the client has heard this exit on any leg. */
  get isValidated(): boolean {
    return this.legs.some(leg => leg.isValidated)
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#quic?.isOpen ?? false
  }

  /** Tells the client, and ends all streams. */
  close(reason = ''): void {
    if (this.#quic) this.#quic.close(reason)
    else this.#finish({ why: 'closed' })
  }

  /** @returns whether there was room */
  addLeg(leg: ExitLeg, nowMs: number): boolean {
    const sameTag = this.legs.some(({ downTag }) => Buffer.compare(downTag, leg.downTag) === 0)
    if (sameTag || (this.#legs.size >= MOST_LEGS && !this.#makeRoom(nowMs))) return false
    this.#legs.add(leg)
    return true
  }

  /** @returns whether the body is one that clients send */
  take(leg: ExitLeg, { kind, content }: Body, clockMs: number | undefined, nowMs: number): boolean {
    // After a silence of all legs, e.g. a pause of the client, whichever is heard first gives all a new start.
    if (leg.isSilent(nowMs) && this.legs.every(each => each.isSilent(nowMs)))
      for (const each of this.#legs) each.heardMs = nowMs
    this.#heardMs = leg.heardMs = nowMs
    const came = kind === KIND.packet ? decodePacket(content) : undefined
    if (came) {
      if (this.#quic === undefined && isShort(came.packet)) leg.reset(this.#options.resetPacket(), nowMs)
      else this.#inOrder.take(leg, came.number, came.packet, nowMs)
      return true
    }
    const ping = kind === KIND.ping ? leg.takePing(content, nowMs) : undefined
    if (ping) {
      for (const { tag, seen } of ping.active) this.#legOf(tag)?.kept.saw(seen)
      this.#inOrder.pass(leg, ping.next, nowMs)
      this.#follow(ping, nowMs)
    }
    const answeredMs = ping?.clockMs ?? clockMs
    if (answeredMs === undefined) return false
    const active = this.#active.map(({ downTag, seen }) => ({ tag: downTag, seen }))
    leg.pong({ clockMs: answeredMs, next: this.#carrying.nextNumber, active }, nowMs)
    return true
  }

  /** This process had a pause, in which it read nothing. */
  excuse(lateMs: number): void {
    for (const leg of this.#legs) leg.heardMs += lateMs
  }

  /** Forgets legs that are gone, and repairs what was lost on those that have fallen silent. */
  tick(idleMs: number, nowMs: number): void {
    this.#inOrder.release(nowMs)
    for (const leg of this.#legs) {
      const goneMs = leg.isValidated ? nowMs - leg.heardMs - LEG_IDLE_MS : nowMs - leg.createdMs - JOIN_MS
      if (goneMs > 0) this.#remove(leg)
    }
    if (nowMs - this.#heardMs > idleMs || (this.#legs.size === 0 && !this.isOpen)) {
      this.#abandon()
      return
    }
    if (nowMs - this.#askedMs >= KEEP_ALIVE_MS) {
      this.#askedMs = nowMs
      this.#quic?.nudge()
    }
    const fallen = this.#active.filter(leg => leg.isSilent(nowMs) && !leg.wasSilent)
    for (const leg of this.#legs) leg.wasSilent = leg.isSilent(nowMs)
    if (fallen.length === 0 || this.#carriers().every(leg => leg.wasSilent)) return
    for (const leg of fallen) this.#carrying.repeat(leg.kept.take())
    this.#quic?.nudge()
  }

  #begin(): QuicEnd {
    const quic: QuicEnd = new QuicEnd({
      connection: this.#options.connect(),
      isClient: false,
      timers: this.#options.timers,
      accepts: () => true,
      onOpen: () => this.#options.onOpen(this),
      onStream: stream => this.onStream(stream),
      onPackets: last => (last ? this.#carrying.flushLast(quic) : this.#carrying.flush(quic)),
      onClosed: end => this.#finish(end),
    })
    return quic
  }

  /** Uses the legs that the client uses. */
  #follow({ change, mode, active }: Ping, nowMs: number): void {
    if (change <= this.#change) return
    this.#change = change
    this.#mode = mode
    const named = active.flatMap(({ tag }) => this.#legOf(tag) ?? [])
    const before = this.#active
    if (named.length === before.length && named.every((leg, i) => leg === before[i])) return
    for (const leg of named) if (!before.includes(leg)) leg.carriedMs = startMs(before)
    this.#active = named
    this.#inOrder.use(named, nowMs)
    const left = before.filter(leg => !named.includes(leg))
    for (const leg of left) this.#carrying.repeat(leg.kept.take())
    if (left.length > 0) this.#quic?.nudge()
    this.#quic?.resume()
  }

  #legOf(tag: Uint8Array): ExitLeg | undefined {
    for (const leg of this.#legs) if (Buffer.compare(leg.downTag, tag) === 0) return leg
    return undefined
  }

  /**
   * Legs in use, without those that have fallen silent if others have not. If all in use have, as in standby, another leg
   * takes over before the client says so: its word comes a round trip later.
   */
  #carriers(): readonly ExitLeg[] {
    const nowMs = this.#options.clock.now()
    const heard = this.#active.filter(leg => !leg.isSilent(nowMs))
    if (heard.length > 0 || this.#active.length === 0) return heard
    const others = this.legs.filter(leg => leg.isValidated && !leg.isSilent(nowMs))
    return others.length > 0 ? others : this.#active
  }

  /** A leg that has been silent, or never showed that its client hears it, makes room for another one. */
  #makeRoom(nowMs: number): boolean {
    const idle = this.legs.find(leg => !leg.isValidated) ?? this.legs.find(leg => leg.isSilent(nowMs))
    if (idle) this.#remove(idle)
    return idle !== undefined
  }

  #remove(leg: ExitLeg): void {
    this.#legs.delete(leg)
    this.#active = this.#active.filter(other => other !== leg)
    this.#inOrder.use(this.#active, this.#options.clock.now())
    this.#options.onLegGone(leg)
  }

  #abandon(): void {
    if (this.#quic) this.#quic.abandon({ why: 'idle' })
    else this.#finish({ why: 'idle' })
  }

  #finish(end: TunnelEnd): void {
    this.#carrying.stop()
    this.#delay.stop()
    for (const leg of this.#legs) this.#remove(leg)
    this.#closed.resolve(end)
    this.#options.onClosed(this)
  }
}
