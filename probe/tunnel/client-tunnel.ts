/**
 * A user's end of a tunnel. The owner opens sessions at providers and gives them to `addLeg`. The tunnel does the rest:
 * one QUIC connection runs over all legs, and a leg that falls silent is left at once. The exit's certificate is compared
 * before any stream sends a byte.
 */
import { TAG_BYTES } from '../../proto/datagram.js'
import type { MonotonicClock, RandomSource } from '../ports.js'
import { echoOf, isChallenge } from '../wire/path-validation.js'
import { decodePacket, KIND, type Mode, type Pong } from './bodies.js'
import { Carrying } from './carrying.js'
import { hasHash } from './certificate.js'
import { type Chosen, ClientLeg, type LegDeath, type LegGrants } from './client-leg.js'
import { HANDSHAKE_MS, KEEP_ALIVE_MS, MOST_LEGS, PING_MS, TUNNEL_ID_BYTES, WORN_LEFT } from './constants.js'
import { type DatagramCounts, noDatagrams } from './datagram-counts.js'
import { type TunnelEnd, TunnelError } from './errors.js'
import { InOrder } from './in-order.js'
import type { Address, TunnelPort } from './leg.js'
import { startMs } from './leg-choice.js'
import { Silence } from './liveness.js'
import { QuicEnd } from './quic-end.js'
import type { QuicStream } from './quic-stream.js'
import { type Connection, connecting } from './quiche.js'
import { Rest } from './rest.js'
import { systemTimers, type Timers } from './timers.js'

export interface ClientTunnelOptions {
  readonly port: TunnelPort
  readonly exit: {
    /** X25519, 32 bytes */
    readonly publicKey: Uint8Array
    /** SHA-256 of the certificate's DER form, 32 bytes */
    readonly certHash: Uint8Array
  }
  readonly mode: Mode
  readonly clock: MonotonicClock
  readonly random: RandomSource
  /** (default: the system's) */
  readonly timers?: Timers
}

export class ClientTunnel {
  readonly counts: DatagramCounts = noDatagrams()
  readonly #options: ClientTunnelOptions
  readonly #timers: Timers
  readonly #id: Uint8Array
  readonly #quic: QuicEnd
  readonly #carrying: Carrying
  readonly #inOrder: InOrder<ClientLeg>
  readonly #silence = new Silence()
  readonly #rest: Rest
  readonly #established = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<TunnelEnd>()
  /** living legs by their down tag, in the order in which they were added */
  readonly #legs = new Map<string, ClientLeg>()
  #active: readonly ClientLeg[] = []
  /** grows with each choice of legs */
  #change = 0
  #stopTicking: () => void
  /** when the exit was last asked for an acknowledgement */
  #askedMs: number
  /** of the handshake, once a leg has joined */
  #stopAwaiting: (() => void) | undefined

  private constructor(options: ClientTunnelOptions, connection: Connection) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#id = options.random.bytes(TUNNEL_ID_BYTES)
    const { clock, mode } = options
    const legs = () => this.#active
    this.#carrying = new Carrying({ clock, timers: this.#timers, mode: () => mode, legs })
    this.#quic = new QuicEnd({
      connection,
      isClient: true,
      timers: this.#timers,
      accepts: certificate => certificate !== undefined && hasHash(certificate, options.exit.certHash),
      onOpen: () => {
        this.#stopAwaiting?.()
        this.#established.resolve()
      },
      onStream: () => {},
      onPackets: last => (last ? this.#carrying.flushLast(this.#quic) : this.#carrying.flush(this.#quic)),
      onClosed: end => this.#finish(end),
    })
    this.#inOrder = new InOrder(packet => this.#quic.receive(packet))
    this.#established.promise.catch(() => {})
    this.#askedMs = clock.now()
    this.#rest = new Rest(this.#askedMs)
    this.#stopTicking = this.#timers.after(PING_MS, () => this.#tick())
  }

  /** The handshake begins with the first leg that joins. @throws TunnelError `no-quic` */
  static async open(options: ClientTunnelOptions): Promise<ClientTunnel> {
    const connect = await connecting()
    return new ClientTunnel(options, connect())
  }

  /** Resolves once the handshake is done and the certificate is the right one. @throws TunnelError */
  get established(): Promise<void> {
    return this.#established.promise
  }

  get closed(): Promise<TunnelEnd> {
    return this.#closed.promise
  }

  /** The living legs, joined or not. */
  get legs(): readonly ClientLeg[] {
    return [...this.#legs.values()]
  }

  /** The legs that carry packets now. */
  get activeLegs(): readonly ClientLeg[] {
    return this.#active
  }

  /**
   * Joins the exit over two granted sessions. Both must forward already: a join through a session that does not is lost,
   * and repeated.
   * @throws TunnelError `no-leg` if there are eight legs, `closed`, `unusable-key`; RangeError for bad grants
   */
  addLeg(grants: LegGrants): ClientLeg {
    const { exit, port, random, clock } = this.#options
    const key = keyOf(grants.down.tag)
    if (this.#isClosed) throw new TunnelError('closed', 'the tunnel is closed: open another one')
    if (this.#legs.size >= MOST_LEGS) throw new TunnelError('no-leg', `a tunnel has ${MOST_LEGS} legs: end one first`)
    if (this.#legs.has(key)) throw new TunnelError('no-leg', 'two legs have one tag: open another session')
    const nowMs = clock.now()
    const leg = new ClientLeg({ grants, tunnelId: this.#id, exitKey: exit.publicKey, port, random }, nowMs)
    this.#legs.set(key, leg)
    leg.join(nowMs)
    return leg
  }

  /** The owner ends a leg, e.g. because a stream to its provider has closed. */
  endLeg(leg: ClientLeg, why: LegDeath = 'closed'): void {
    this.#lose([leg], why)
  }

  /** The leg carries nothing more, and is still counted until `endLeg`: for a switch that loses no packet. */
  retireLeg(leg: ClientLeg): void {
    leg.isRetired = true
    this.#choose()
  }

  /**
   * Waits for `established` by itself. Listen to the stream's `error`.
   * @throws TunnelError `closed`
   */
  openStream(): QuicStream {
    return this.#quic.openStream()
  }

  /** Takes a datagram that came to the port. @param source where it came from. @returns whether it was for this tunnel */
  onDatagram(datagram: Buffer, source: Address, nowMs: number): boolean {
    if (isChallenge(datagram)) {
      this.#options.port.send(echoOf(datagram), source)
      this.counts.echoes++
      return true
    }
    const leg = datagram.length > TAG_BYTES ? this.#legs.get(keyOf(datagram)) : undefined
    if (!leg) {
      this.counts.unknown++
      return false
    }
    this.#take(leg, datagram, nowMs)
    return true
  }

  /** Tells the exit, and ends all legs and streams. */
  close(reason = ''): void {
    this.#quic.close(reason)
  }

  #take(leg: ClientLeg, datagram: Buffer, nowMs: number): void {
    const opened = leg.open(datagram)
    if (typeof opened === 'string') {
      this.counts[opened]++
      return
    }
    this.counts.opened++
    this.#silence.heard(leg, this.#legs.values(), nowMs)
    const came = opened.kind === KIND.packet ? decodePacket(opened.content) : undefined
    if (came) {
      this.#inOrder.take(leg, came.number, came.packet, nowMs)
      return
    }
    const taken = opened.kind === KIND.pong ? leg.take(opened.content, nowMs) : undefined
    if (!taken) {
      this.counts.malformed++
      return
    }
    this.#learn(leg, taken.pong, nowMs)
    if (!taken.isFirst) return
    this.#stopAwaiting ??= this.#timers.after(HANDSHAKE_MS, () => this.#quic.abandon({ why: 'no-handshake' }))
    this.#choose()
  }

  #learn(leg: ClientLeg, { next, active }: Pong, nowMs: number): void {
    for (const { tag, seen } of active) this.#legs.get(keyOf(tag))?.kept.saw(seen)
    this.#inOrder.pass(leg, next, nowMs)
  }

  get #isClosed(): boolean {
    return this.#stopTicking === STOPPED
  }

  get #joinedLegs(): ClientLeg[] {
    return this.legs.filter(leg => leg.isJoined)
  }

  get #chosen(): Chosen {
    const active = this.#active.map(leg => ({ tag: leg.grants.down.tag, seen: leg.seen }))
    const { mode } = this.#options
    return { next: this.#carrying.nextNumber, change: this.#change, mode, rests: this.#rest.isResting, active }
  }

  #tick(): void {
    const nowMs = this.#options.clock.now()
    this.#stopTicking = this.#timers.after(PING_MS, () => this.#tick())
    this.#inOrder.release(nowMs)
    const doing = this.#rest.look(this.#quic.carriedBytes, this.#joinedLegs, nowMs)
    // A rest is a pause of this end's: what comes late after one is excused.
    if (doing === 'watch') this.#lose(this.#silence.silent(this.#joinedLegs, nowMs), 'silent')
    this.#lose(
      this.legs.filter(leg => leg.left <= WORN_LEFT),
      'worn',
    )
    this.#lose(
      this.legs.filter(leg => leg.join(nowMs)),
      'unanswered',
    )
    if (doing !== 'wait') this.#pingAll()
    if (nowMs - this.#askedMs < KEEP_ALIVE_MS) return
    this.#askedMs = nowMs
    this.#quic.nudge()
  }

  #lose(legs: readonly ClientLeg[], why: LegDeath): void {
    const living = legs.filter(leg => this.#legs.delete(keyOf(leg.grants.down.tag)))
    if (living.length === 0) return
    for (const leg of living) leg.die(why)
    const carried = this.#active.some(leg => living.includes(leg))
    for (const leg of living) this.#carrying.repeat(leg.kept.take())
    // A last word by the old choice says what came on the dead legs: the exit then repeats only what did not.
    if (carried) this.#pingAll()
    this.#choose()
    if (carried) this.#quic.nudge()
  }

  /** Decides which legs are in use, and tells the exit at once by all that live. */
  #choose(): void {
    const { mode } = this.#options
    const usable = this.#joinedLegs.filter(leg => !leg.isRetired)
    // In standby the leg that carries goes on, and then the one that was added first takes over.
    const carrying = usable.find(leg => this.#active.includes(leg)) ?? usable[0]
    const active = mode === 'standby' ? (carrying ? [carrying] : []) : usable
    const before = this.#active
    if (active.length === before.length && active.every(leg => before.includes(leg))) return
    for (const leg of active) if (!before.includes(leg)) leg.carriedMs = startMs(before.filter(old => !old.isDead))
    this.#active = active
    this.#inOrder.use(active, this.#options.clock.now())
    this.#change++
    this.#pingAll()
    this.#quic.resume()
    // After a time without a leg: an exit that has started anew then says so.
    if (before.length === 0) this.#quic.nudge()
  }

  #pingAll(): void {
    const nowMs = this.#options.clock.now()
    const chosen = this.#chosen
    for (const leg of this.#joinedLegs) leg.ping(chosen, nowMs)
  }

  #finish(end: TunnelEnd): void {
    this.#stopTicking()
    this.#stopTicking = STOPPED
    this.#stopAwaiting?.()
    this.#carrying.stop()
    for (const leg of this.legs) leg.die('ended')
    this.#legs.clear()
    this.#active = []
    const isExitsFault = end.why === 'wrong-certificate' || end.why === 'no-handshake'
    const [code, todo] = isExitsFault
      ? ([end.why, 'choose another exit'] as const)
      : (['closed', 'open another one'] as const)
    this.#established.reject(new TunnelError(code, `the tunnel is closed (${end.why}): ${todo}`))
    this.#closed.resolve(end)
  }
}

const STOPPED = () => {}
const keyOf = (tagged: Uint8Array): string =>
  Buffer.from(tagged.buffer, tagged.byteOffset, TAG_BYTES).toString('latin1')
