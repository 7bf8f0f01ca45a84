/** One session in the relay's worker: its source and next hop, and the rate and budget that limit it. */
import { CHALLENGE_BYTES, headerBytes } from '../../proto/datagram.js'
import { CHALLENGES, POLICE_BURST_MS, POLICE_SLACK } from '../constants.js'
import type { Endpoint, ReceivedBatch } from '../io/datagram-port.js'
import type { LaneShare, Paid } from '../ports.js'
import { bytesIn } from '../verdict/share.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { isChallenge, isEcho, type PathValidation } from '../wire/path-validation.js'
import { Allowance } from './allowance.js'
import { Forwarded } from './forwarded.js'
import type { LaneRate } from './lane-rates.js'
import type { DropReason } from './relay-stats.js'
import type { TrafficClass } from './scheduler.js'
import { MIN_BURST_BYTES, TokenBucket } from './token-bucket.js'

/** The session as the main thread granted it. */
export interface SessionSpec {
  readonly id: number
  /** opened with a token */
  readonly reserved: boolean
  readonly tag: Uint8Array
  /** for the next hop to echo */
  readonly nonce: Uint8Array
  readonly nextHopHost: string
  readonly nextHopPort: number
  /** length of the opening message: the challenges to the next hop may have no more bytes */
  readonly openBytes: number
  /** the sender's, as the opener said it */
  readonly opener: string
  readonly rateKbps: number
  readonly budgetBytes: number
  /** that the session uses (default: none) */
  readonly lane?: LaneShare | undefined
}

export class RelayedSession {
  readonly id: number
  readonly reserved: boolean
  readonly tag: Uint8Array
  readonly nextHop: Endpoint
  readonly opener: string
  readonly rateKbps: number
  readonly openedMs: number
  readonly path: PathValidation
  readonly forwarded: Forwarded
  readonly allowance: Allowance
  readonly #bucket: TokenBucket
  readonly #lane: LaneRate | undefined
  #class: TrafficClass = 'unpaid'
  /** of each datagram to the next hop */
  readonly #headerBytes: number
  #source: Endpoint | undefined
  /** an opener challenges the relay no more often than a relay does a next hop: else the relay would reflect what it sends */
  #challenged = 0

  constructor(spec: SessionSpec, nextHop: Endpoint, path: PathValidation, lane: LaneRate | undefined, nowMs: number) {
    this.id = spec.id
    this.reserved = spec.reserved
    this.tag = spec.tag
    this.nextHop = nextHop
    this.opener = spec.opener
    this.rateKbps = spec.rateKbps
    this.openedMs = nowMs
    this.path = path
    this.#lane = lane
    this.#headerBytes = headerBytes(isOverIpv6(spec.nextHopHost))
    this.forwarded = new Forwarded(spec.rateKbps, this.#headerBytes)
    this.allowance = new Allowance(spec.budgetBytes, spec.rateKbps)
    const burstBytes = Math.max(bytesIn(spec.rateKbps, POLICE_BURST_MS), MIN_BURST_BYTES)
    this.#bucket = new TokenBucket(spec.rateKbps * POLICE_SLACK, burstBytes, nowMs)
  }

  /**
   * Whether the batch's i-th datagram may go on. An `echo` or a `challenge` is for the relay itself.
   * @param place memory of the datagram
   */
  police(batch: ReceivedBatch, i: number, place: Buffer): 'forward' | 'echo' | 'challenge' | DropReason {
    const length = batch.lengths[i]!
    if (length === CHALLENGE_BYTES && isEcho(place.subarray(0, length))) {
      const accepted = this.path.accept(place.subarray(0, length), batch.isFrom(i, this.nextHop))
      return accepted ? 'echo' : 'wrong-echo'
    }
    if (length === CHALLENGE_BYTES && isChallenge(place.subarray(0, length)))
      return this.#challenged++ < CHALLENGES ? 'challenge' : 'wrong-source'
    if (!this.path.validated) return 'not-validated'
    this.#source ??= batch.source(i)
    if (!batch.isFrom(i, this.#source)) return 'wrong-source'
    const bytes = length + this.#headerBytes
    if (!this.allowance.has(bytes)) return 'over-budget'
    // Not by when it is looked at: if the relay was held up, a stream that kept its rate would look like a burst.
    const arrivedMs = batch.arrivedMs[i]!
    if (!this.#bucket.take(bytes, arrivedMs)) return 'over-rate'
    if (this.#isInLane(arrivedMs) && !this.#lane!.bucket.take(bytes, arrivedMs)) return 'over-rate'
    return 'forward'
  }

  /** Once its lane is over, a session goes on as one without a lane. */
  classAt(nowMs: number): TrafficClass {
    return this.#isInLane(nowMs) ? 'lane' : this.#class
  }

  get isPaid(): boolean {
    return this.#class !== 'unpaid'
  }

  /** One payment without priority ends the priority of a session: else it could pay for little of what it sends first. */
  pay({ bytes, isPremium }: Paid): void {
    this.allowance.pay(bytes)
    this.#class = isPremium && this.#class !== 'basic' ? 'premium' : 'basic'
  }

  /** At the IP layer. */
  bytesOf(length: number): number {
    return length + this.#headerBytes
  }

  /** Takes a datagram that goes on from what the session may forward. @param length of the datagram */
  spend(length: number): void {
    this.allowance.spend(this.bytesOf(length))
  }

  /** A datagram did not go on after all. */
  refund(length: number): void {
    this.allowance.refund(this.bytesOf(length))
  }

  #isInLane(nowMs: number): boolean {
    return this.#lane !== undefined && nowMs < this.#lane.untilMs
  }
}
