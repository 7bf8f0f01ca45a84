/**
 * All tunnels of an exit, at one UDP port. Relays send to it what clients sent under up tags. The exit answers to the
 * address that a leg's first join came from, and never elsewhere: who repeats a datagram from another address moves
 * nothing.
 *
 * Before a join has opened, the exit answers nothing but challenges, each with an echo of the same length.
 *
 * A join costs the exit one X25519, so joins have limits: for each host, and for all hosts together on which no client
 * has joined yet. Relays whose clients use this exit are outside the common limit, so strangers cannot keep them out.
 */
import { TAG_BYTES } from '../../proto/datagram.js'
import type { MonotonicClock, RandomSource } from '../ports.js'
import { HostLimit, type HostRates } from '../wire/host-limit.js'
import { echoOf, isChallenge } from '../wire/path-validation.js'
import { decodeJoin, KIND } from './bodies.js'
import { LOOK_MS, TICK_SLACK_MS } from './constants.js'
import { type DatagramCounts, noDatagrams } from './datagram-counts.js'
import { ExitLeg, type OpenedJoin } from './exit-leg.js'
import { ExitTunnel } from './exit-tunnel.js'
import type { Address, TunnelPort } from './leg.js'
import { clientKeyOf, DatagramOpener, JOIN_SLOT, WordMask } from './leg-datagram.js'
import { exitSecret, joinKeys, joinMask, type KeyPair, keyPairOf } from './leg-keys.js'
import { accepting, type Connect, type ExitCertificate, resetPacket } from './quiche.js'
import { systemTimers, type Timers } from './timers.js'

export interface ExitLimits {
  readonly tunnels: number
  /** of one tunnel, at once */
  readonly streams: number
  /** A tunnel ends once nothing has come from its client for so long. */
  readonly idleMs: number
  /** joins that are opened, a second */
  readonly joins: HostRates
}

export const EXIT_LIMITS: ExitLimits = {
  tunnels: 256,
  streams: 512,
  idleMs: 30_000,
  joins: { host: 20, all: 200, known: 200 },
}

export interface ExitTunnelsOptions extends ExitCertificate {
  readonly port: TunnelPort
  /** X25519, 32 bytes, secret */
  readonly key: Uint8Array
  readonly clock: MonotonicClock
  readonly random: RandomSource
  /** (default: the system's) */
  readonly timers?: Timers
  /** (default: EXIT_LIMITS) */
  readonly limits?: Partial<ExitLimits>
  /** A tunnel's handshake is done. Set its `onStream` before this returns. */
  readonly onTunnel: (tunnel: ExitTunnel) => void
}

interface Joined {
  readonly leg: ExitLeg
  readonly tunnel: ExitTunnel
}

export class ExitTunnels {
  readonly counts: DatagramCounts = noDatagrams()
  readonly #options: ExitTunnelsOptions
  readonly #limits: ExitLimits
  readonly #timers: Timers
  readonly #connect: Connect
  readonly #keyPair: KeyPair
  readonly #mask: WordMask
  readonly #joins: HostLimit
  /** by id, the oldest first */
  readonly #tunnels = new Map<string, ExitTunnel>()
  /** by up tag */
  readonly #legs = new Map<string, Joined>()
  #stopTicking: (() => void) | undefined
  #lookedMs = 0
  #isClosed = false

  private constructor(options: ExitTunnelsOptions, connect: Connect) {
    this.#options = options
    this.#limits = { ...EXIT_LIMITS, ...options.limits }
    this.#timers = options.timers ?? systemTimers
    this.#connect = connect
    this.#keyPair = keyPairOf(options.key)
    this.#mask = new WordMask(joinMask(this.#keyPair.publicKey))
    this.#joins = new HostLimit(this.#limits.joins)
  }

  /**
   * @throws TunnelError `no-quic`; Error if key or certificate are not usable, or do not belong together
   */
  static async open(options: ExitTunnelsOptions): Promise<ExitTunnels> {
    const { streams } = { ...EXIT_LIMITS, ...options.limits }
    return new ExitTunnels(options, await accepting(options, streams))
  }

  /** X25519, 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#keyPair.publicKey
  }

  get tunnels(): readonly ExitTunnel[] {
    return [...this.#tunnels.values()]
  }

  /** Takes a datagram that came to the port. @param source where it came from */
  onDatagram(datagram: Buffer, source: Address, nowMs: number): void {
    if (this.#isClosed) return
    if (isChallenge(datagram)) {
      this.#options.port.send(echoOf(datagram), source)
      this.counts.echoes++
      return
    }
    const joined = this.#legs.get(datagram.toString('latin1', 0, TAG_BYTES))
    if (joined) this.#take(joined, datagram, nowMs)
    else this.#join(datagram, source, nowMs)
  }

  /** Tells all clients, and ends all tunnels. */
  close(reason = ''): void {
    this.#isClosed = true
    for (const tunnel of this.tunnels) tunnel.close(reason)
    this.#stopTicking?.()
  }

  #take({ leg, tunnel }: Joined, datagram: Buffer, nowMs: number): void {
    const wasValidated = leg.isValidated
    const body = leg.open(datagram)
    if (typeof body === 'string') {
      this.counts[body]++
      return
    }
    this.counts.opened++
    const joinClockMs = body.kind === KIND.join ? decodeJoin(body.content)?.clockMs : undefined
    if (!tunnel.take(leg, body, joinClockMs, nowMs)) this.counts.malformed++
    if (leg.isValidated && !wasValidated) this.#joins.know(leg.to.host)
  }

  #join(datagram: Buffer, source: Address, nowMs: number): void {
    const clientKey = clientKeyOf(datagram, this.#mask)
    if (!clientKey) {
      this.counts.unknown++
      return
    }
    if (!this.#joins.take(source.host, nowMs)) {
      this.counts.refused++
      return
    }
    const opened = this.#opened(datagram, clientKey, source)
    if (!opened) {
      this.counts.forged++
      return
    }
    this.counts[this.#accept(opened, nowMs) ? 'opened' : 'refused']++
  }

  #opened(datagram: Buffer, clientKey: Buffer, source: Address): OpenedJoin | undefined {
    const secret = exitSecret(this.#keyPair, clientKey)
    if (!secret) return undefined
    const upTag = Buffer.from(datagram.subarray(0, TAG_BYTES))
    const opener = new DatagramOpener(joinKeys(secret, upTag), JOIN_SLOT)
    const body = opener.open(datagram)
    const join = typeof body !== 'string' && body.kind === KIND.join ? decodeJoin(body.content) : undefined
    return join && { upTag, secret, opener, join, source, bytes: datagram.length }
  }

  #accept(opened: OpenedJoin, nowMs: number): boolean {
    const tunnel = this.#tunnelOf(Buffer.from(opened.join.tunnelId).toString('hex'))
    const { port, random } = this.#options
    const leg = new ExitLeg(opened, port, this.#mask, random, nowMs)
    if (!tunnel?.addLeg(leg, nowMs)) return false
    this.#legs.set(keyOf(leg), { leg, tunnel })
    if (!this.#stopTicking) this.#lookAgain(nowMs)
    tunnel.take(leg, { kind: KIND.join, content: Buffer.alloc(0) }, opened.join.clockMs, nowMs)
    return true
  }

  /** @returns undefined if there is no room */
  #tunnelOf(id: string): ExitTunnel | undefined {
    const known = this.#tunnels.get(id)
    if (known) return known
    if (this.#tunnels.size >= this.#limits.tunnels) {
      // The oldest whose client has not shown that it hears this exit, or else whose handshake is not done.
      const idle = this.tunnels.find(tunnel => !tunnel.isValidated) ?? this.tunnels.find(tunnel => !tunnel.isOpen)
      if (!idle) return undefined
      idle.close()
    }
    const { clock, onTunnel } = this.#options
    const tunnel = new ExitTunnel({
      ...{ id, clock, timers: this.#timers },
      connect: this.#connect,
      resetPacket: () => resetPacket(this.#options, this.#options.random),
      onOpen: onTunnel,
      onLegGone: leg => this.#legs.delete(keyOf(leg)),
      onClosed: ({ id }) => this.#tunnels.delete(id),
    })
    this.#tunnels.set(id, tunnel)
    return tunnel
  }

  #tick(): void {
    const nowMs = this.#options.clock.now()
    const lateMs = nowMs - this.#lookedMs - LOOK_MS
    for (const tunnel of this.tunnels) {
      if (lateMs > TICK_SLACK_MS) tunnel.excuse(lateMs)
      tunnel.tick(this.#limits.idleMs, nowMs)
    }
    this.#stopTicking = undefined
    if (this.#tunnels.size > 0) this.#lookAgain(nowMs)
  }

  #lookAgain(nowMs: number): void {
    this.#lookedMs = nowMs
    this.#stopTicking = this.#timers.after(LOOK_MS, () => this.#tick())
  }
}

const keyOf = (leg: ExitLeg): string => Buffer.from(leg.upTag).toString('latin1')
