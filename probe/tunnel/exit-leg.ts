/**
 * An exit's leg. Anybody can make a join that opens, with any source address. So until the client has returned a cookie,
 * which only the source address gets to see, the exit sends there no more bytes than came from there.
 */
import type { RandomSource } from '../ports.js'
import { decodePing, encodePacket, encodePong, type Join, KIND, type Ping, type Pong } from './bodies.js'
import { COOKIE_BYTES, PING_MS, REST_PING_MS } from './constants.js'
import { type Address, LegEnd, type TunnelPort } from './leg.js'
import { type Body, DatagramOpener, DatagramSealer, JOIN_SLOT, type Unopened, type WordMask } from './leg-datagram.js'
import { type LegSecret, legKeys } from './leg-keys.js'
import { Smoothed, silenceMs } from './liveness.js'

/** A join that is authentic. */
export interface OpenedJoin {
  readonly upTag: Uint8Array
  readonly secret: LegSecret
  /** opens the client's further joins */
  readonly opener: DatagramOpener
  readonly join: Join
  readonly source: Address
  /** length of the join's datagram */
  readonly bytes: number
}

export class ExitLeg extends LegEnd {
  readonly upTag: Uint8Array
  readonly downTag: Uint8Array
  readonly #joinOpener: DatagramOpener
  readonly #joinMask: WordMask
  readonly #cookie: Uint8Array
  /** how far pings are from coming every PING_MS, while the client does not rest */
  readonly #interval = new Smoothed()
  readonly createdMs: number
  #pingMs: number | undefined
  #rests = false
  #isValidated = false
  heardMs: number
  /** as of the last look; see `ExitTunnel.tick` */
  wasSilent = false

  constructor(opened: OpenedJoin, port: TunnelPort, mask: WordMask, random: RandomSource, nowMs: number) {
    const { upTag, secret, opener, join, source, bytes } = opened
    const keys = legKeys(secret, upTag, join.downTag)
    super(
      {
        port,
        to: source,
        sealer: new DatagramSealer(join.downTag, keys.down),
        opener: new DatagramOpener(keys.up),
        rateKbps: join.downKbps,
      },
      nowMs,
    )
    this.upTag = upTag
    this.downTag = Buffer.from(join.downTag)
    this.#joinOpener = opener
    this.#joinMask = mask
    this.#cookie = random.bytes(COOKIE_BYTES)
    this.createdMs = this.heardMs = nowMs
    this.provenBytes = bytes + this.headerBytes
  }

  /** Whether the client has heard this exit on this leg. */
  get isValidated(): boolean {
    return this.#isValidated
  }

  override waitMs(nowMs: number): number {
    if (!this.#mayTake(this.fullBytes)) return Number.POSITIVE_INFINITY
    return super.waitMs(nowMs)
  }

  isSilent(nowMs: number): boolean {
    return nowMs - this.heardMs > silenceMs(this.#interval.jitter) + (this.#rests ? REST_PING_MS : 0)
  }

  override open(datagram: Buffer): Body | Unopened {
    const opened = super.open(datagram)
    // The slot of another kind of datagram looks forged.
    if (opened !== 'forged' || this.#joinMask.slotOf(datagram) !== JOIN_SLOT) return opened
    return this.proven(this.#joinOpener.open(datagram), datagram)
  }

  /** @returns undefined for anything that is no ping */
  takePing(content: Buffer, nowMs: number): Ping | undefined {
    const ping = decodePing(content)
    if (!ping) return undefined
    if (this.#pingMs !== undefined && !this.#rests) this.#interval.add(nowMs - this.#pingMs - PING_MS)
    this.#pingMs = nowMs
    this.#rests = ping.rests
    this.#isValidated ||= Buffer.compare(ping.cookie, this.#cookie) === 0
    this.padded = ping.padded
    return ping
  }

  /** Answers a ping or a join. */
  pong(said: Pick<Pong, 'clockMs' | 'next' | 'active'>, nowMs: number): void {
    const pong = encodePong({ cookie: this.#cookie, provenBytes: this.provenBytes, ...said })
    if (this.#mayTake(this.fullBytes)) this.send(KIND.pong, pong, nowMs)
  }

  /** Tells the client that this exit knows no connection. */
  reset(packet: Uint8Array, nowMs: number): void {
    const content = encodePacket(0, packet)
    if (this.#mayTake(this.fullBytes)) this.send(KIND.packet, content, nowMs)
  }

  #mayTake(bytes: number): boolean {
    return this.#isValidated || this.sentBytes + bytes <= this.provenBytes
  }
}
