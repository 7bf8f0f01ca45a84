/** A client's leg: it joins, pings, and learns from pongs what the exit has proven. */
import { TAG_BYTES } from '../../proto/datagram.js'
import type { RandomSource } from '../ports.js'
import { decodePong, encodeJoin, encodePing, type Join, KIND, NO_COOKIE, type Ping, type Pong } from './bodies.js'
import { JOIN_AGAIN_MS, JOIN_MS } from './constants.js'
import { type Address, LegEnd, type TunnelPort } from './leg.js'
import { DatagramOpener, DatagramSealer } from './leg-datagram.js'
import { clientSecret, freshKeyPair, joinKeys, legKeys } from './leg-keys.js'
import { Answers, type Excuse, NO_EXCUSE, Smoothed } from './liveness.js'
import type { Answering } from './rest.js'

/** The two sessions of a leg, as the provider granted them. */
export interface LegGrants {
  readonly up: {
    /** 8 bytes */
    readonly tag: Uint8Array
    /** the provider's UDP port */
    readonly to: Address
    /** at the IP layer */
    readonly rateKbps: number
  }
  readonly down: {
    readonly tag: Uint8Array
    /** at the IP layer (default: that of the up session) */
    readonly rateKbps?: number
  }
}

/**
 * silent      nothing came for three pings and four times the jitter
 * unanswered  the exit has not answered any join
 * worn        sequence numbers have run out, after some 20 GB
 * closed      the owner ended the leg, e.g. because a stream to the provider closed
 * ended       the tunnel ended
 */
export type LegDeath = 'silent' | 'unanswered' | 'worn' | 'closed' | 'ended'

/** What a ping says of the whole tunnel: its next packet, which legs both ends shall use, and how, and whether it rests. */
export type Chosen = Pick<Ping, 'next' | 'change' | 'mode' | 'rests' | 'active'>

export interface ClientLegOptions {
  readonly grants: LegGrants
  readonly tunnelId: Uint8Array
  readonly exitKey: Uint8Array
  readonly port: TunnelPort
  readonly random: RandomSource
}

export class ClientLeg extends LegEnd implements Answering {
  readonly grants: LegGrants
  readonly #joinSealer: DatagramSealer
  readonly #join: Omit<Join, 'clockMs'>
  readonly #joined = Promise.withResolvers<void>()
  readonly #dead = Promise.withResolvers<LegDeath>()
  readonly #roundTrip = new Smoothed()
  readonly #answers = new Answers()
  readonly #beganMs: number
  #joinAtMs: number
  #joinAgainMs = JOIN_AGAIN_MS
  #cookie: Uint8Array = NO_COOKIE
  #provenUp = 0
  #state: 'joining' | 'joined' | 'dead' = 'joining'
  /** whether the exit has said that it uses this leg */
  isUsedByExit = false
  /** The owner lets this leg carry nothing more, but still counts what comes. */
  isRetired = false
  heardMs: number
  /** see `Answering` */
  answeredMs = Number.NEGATIVE_INFINITY
  flow = 0
  excuse: Excuse = NO_EXCUSE

  /** @throws TunnelError `unusable-key`; RangeError for tags of another length, or rates below 1 */
  constructor({ grants, tunnelId, exitKey, port, random }: ClientLegOptions, nowMs: number) {
    const { up, down } = grants
    if (up.tag.length !== TAG_BYTES || down.tag.length !== TAG_BYTES) throw new RangeError('a tag has 8 bytes')
    const downKbps = Math.floor(down.rateKbps ?? up.rateKbps)
    if (!(up.rateKbps >= 1 && downKbps >= 1)) throw new RangeError('a leg carries at least 1 kbit/s each way')
    const keyPair = freshKeyPair(random)
    const secret = clientSecret(keyPair, exitKey)
    const keys = legKeys(secret, up.tag, down.tag)
    const [sealer, opener] = [new DatagramSealer(up.tag, keys.up), new DatagramOpener(keys.down)]
    super({ port, to: up.to, sealer, opener, rateKbps: up.rateKbps }, nowMs)
    this.grants = grants
    this.#joinSealer = new DatagramSealer(up.tag, joinKeys(secret, up.tag), keyPair.publicKey)
    this.#join = { tunnelId, downTag: down.tag, downKbps }
    this.#beganMs = this.#joinAtMs = this.heardMs = nowMs
  }

  /** Resolves at the first pong, and never if the leg dies before. */
  get joined(): Promise<void> {
    return this.#joined.promise
  }

  get dead(): Promise<LegDeath> {
    return this.#dead.promise
  }

  get isJoined(): boolean {
    return this.#state === 'joined'
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Bytes of the IP layer that the exit has proven, as of its last pong. Never more than were sent. */
  get provenUp(): number {
    return Math.min(this.#provenUp, this.sentBytes)
  }

  /** Bytes of the IP layer that came from the exit, authentic and new. */
  get provenDown(): number {
    return this.provenBytes
  }

  /** Smoothed; undefined before the first pong. */
  get rttMs(): number | undefined {
    return this.#roundTrip.value
  }

  get jitterMs(): number {
    return this.#roundTrip.jitter
  }

  get unansweredShare(): number {
    return this.#answers.unansweredShare
  }

  /** From now on both ends send datagrams of any length. */
  unpad(): void {
    this.padded = false
  }

  /** Asks the exit until it has answered. Call it every PING_MS. @returns whether it has not answered in time */
  join(nowMs: number): boolean {
    if (this.#state !== 'joining') return false
    if (nowMs - this.#beganMs > JOIN_MS) return true
    if (nowMs >= this.#joinAtMs) {
      this.sendSealed(this.#joinSealer.seal(KIND.join, encodeJoin({ clockMs: nowMs, ...this.#join }), true), nowMs)
      this.#joinAtMs = nowMs + this.#joinAgainMs
      this.#joinAgainMs *= 2
    }
    return false
  }

  ping(chosen: Chosen, nowMs: number): void {
    const ping = { clockMs: nowMs, cookie: this.#cookie, padded: this.padded, ...chosen }
    this.#answers.asked(nowMs)
    this.send(KIND.ping, encodePing(ping), nowMs)
  }

  /** @returns undefined for anything that is no pong */
  take(content: Buffer, nowMs: number): { readonly isFirst: boolean; readonly pong: Pong } | undefined {
    const pong = decodePong(content)
    if (!pong || pong.clockMs > nowMs || this.#state === 'dead') return undefined
    this.#learn(pong, nowMs)
    if (this.#state === 'joined') return { isFirst: false, pong }
    this.#state = 'joined'
    this.heardMs = nowMs + this.rttMs!
    this.#joined.resolve()
    return { isFirst: true, pong }
  }

  die(why: LegDeath): void {
    this.#state = 'dead'
    this.#dead.resolve(why)
  }

  /** Pongs may come out of order. */
  #learn({ clockMs, cookie, provenBytes, active }: Pong, nowMs: number): void {
    this.#roundTrip.add(nowMs - clockMs)
    this.#answers.answered(clockMs)
    this.answeredMs = Math.max(this.answeredMs, clockMs)
    this.#cookie = Buffer.from(cookie)
    this.#provenUp = Math.max(this.#provenUp, provenBytes)
    this.isUsedByExit = active.some(({ tag }) => Buffer.compare(tag, this.grants.down.tag) === 0)
  }
}
