/**
 * What the relay sends next when the link is full. Pure: it holds datagrams and is told the time, and never looks at either.
 *
 *   1. lanes: what comes is within their reservations
 *   2. sessions without a payment, probes among them, up to STRANGERS_FILL times the claim
 *   3. premium and basic payers, 8 to 1 by bytes: deficit round robin (M. Shreedhar, G. Varghese, SIGCOMM 1995)
 *   4. sessions without a payment, with the rest
 *
 * The order is that of a link which carries one datagram after the other at its rate, each at the earliest instant at which it
 * is free. So it follows from the arrivals alone. If the machine was held up, what the link would have carried meanwhile
 * goes out at once.
 *
 * The sessions of a class take turns, so none gets more than another that has as much to send (class-queue.ts).
 * A queue is as long as its oldest datagram has waited, whatever rate the class gets: CLASS_QUEUE_MS at most. What has
 * waited longer gives way, since it is worth least to its receiver. So a class that is overloaded waits so long and
 * no longer. If basic payers are, premium ones wait PREMIUM_QUEUE_MS at most.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import { CLASS_QUEUE_MS, LIMITER_BURST_MS, PREMIUM_QUEUE_MS, PREMIUM_SHARE, STRANGERS_FILL } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
import { ClassQueue, type Queued } from './class-queue.js'
import { TokenBucket } from './token-bucket.js'

const CLASSES = ['lane', 'unpaid', 'premium', 'basic'] as const
export type TrafficClass = (typeof CLASSES)[number]

/** At the IP layer. A class that gets less than its turn's bytes could send nothing. */
const MOST_DATAGRAM_BYTES = ipDatagramBytes(true)
const PAYERS = [
  { name: 'premium', quantum: PREMIUM_SHARE * MOST_DATAGRAM_BYTES },
  { name: 'basic', quantum: MOST_DATAGRAM_BYTES },
] as const

export class Scheduler<Item> {
  readonly #linkKbps: number
  readonly #queues: Readonly<Record<TrafficClass, ClassQueue<Item>>>
  /** what sessions without a payment may still send before payers */
  #claim: TokenBucket
  /** when the link has sent all that it was given */
  #freeMs: number
  #turn = 0
  readonly #deficits = PAYERS.map(() => 0)

  /** @param giveWay hears of each datagram that has waited too long */
  constructor(linkKbps: number, claimKbps: number, nowMs: number, giveWay: (item: Item) => void) {
    this.#linkKbps = linkKbps
    this.#queues = {
      lane: new ClassQueue(giveWay),
      unpaid: new ClassQueue(giveWay),
      premium: new ClassQueue(giveWay),
      basic: new ClassQueue(giveWay),
    }
    this.#claim = bucketOf(claimKbps, nowMs)
    this.#freeMs = nowMs
  }

  /** For a claim that changed on chain. */
  setClaim(claimKbps: number, nowMs: number): void {
    this.#claim = bucketOf(claimKbps, nowMs)
  }

  /**
   * Queues a datagram. First take all that `next` gives until its arrival.
   * @param session those of one class take turns
   * @param bytes at the IP layer
   */
  add(name: TrafficClass, session: number, item: Item, bytes: number, arrivedMs: number): void {
    // A link that had nothing to send has saved nothing.
    if (this.#isEmpty) this.#freeMs = Math.max(this.#freeMs, arrivedMs)
    this.#queues[name].add(session, { item, bytes, arrivedMs }, arrivedMs - this.#mostMs(name, arrivedMs))
  }

  /** The next datagram that the link takes until `nowMs`; undefined if it is busy, or nothing waits. */
  next(nowMs: number): Item | undefined {
    if (this.#freeMs > nowMs || this.#isEmpty) return undefined
    const { item, bytes } = this.#take(this.#freeMs)
    this.#freeMs += bytes / bytesIn(this.#linkKbps, 1)
    return item
  }

  /** When `next` has something; undefined while nothing waits. */
  get dueMs(): number | undefined {
    return this.#isEmpty ? undefined : this.#freeMs
  }

  get #isEmpty(): boolean {
    const { lane, unpaid, premium, basic } = this.#queues
    return lane.isEmpty && unpaid.isEmpty && premium.isEmpty && basic.isEmpty
  }

  /** Something waits. */
  #take(atMs: number): Queued<Item> {
    const { lane, unpaid, premium, basic } = this.#queues
    for (const name of CLASSES) this.#queues[name].shorten(atMs - this.#mostMs(name, atMs))
    if (!lane.isEmpty) return lane.shift()
    if (!unpaid.isEmpty && this.#claim.take(unpaid.first.bytes, atMs)) return unpaid.shift()
    if (premium.isEmpty && basic.isEmpty) return unpaid.shift()
    return this.#takePaid()
  }

  /** How long a datagram of the class may wait now. */
  #mostMs(name: TrafficClass, atMs: number): number {
    return name === 'premium' ? premiumQueueMs(this.#queues.basic.stoodMs(atMs)) : CLASS_QUEUE_MS
  }

  /** A class keeps what is left of its turn while it has something to send. */
  #takePaid(): Queued<Item> {
    for (;;) {
      const queue = this.#queues[PAYERS[this.#turn]!.name]
      const left = this.#deficits[this.#turn]!
      if (!queue.isEmpty && queue.first.bytes <= left) {
        this.#deficits[this.#turn] = left - queue.first.bytes
        return queue.shift()
      }
      if (queue.isEmpty) this.#deficits[this.#turn] = 0
      this.#turn = (this.#turn + 1) % PAYERS.length
      this.#deficits[this.#turn]! += PAYERS[this.#turn]!.quantum
    }
  }
}

const bucketOf = (claimKbps: number, nowMs: number): TokenBucket => {
  const rateKbps = claimKbps * STRANGERS_FILL
  return new TokenBucket(rateKbps, Math.max(bytesIn(rateKbps, LIMITER_BURST_MS), MOST_DATAGRAM_BYTES), nowMs)
}

/**
 * It shrinks step by step, so that no queue of premium payers is thrown away at once, and a few datagrams of a basic one change
 * little.
 * @param stoodMs how long something of basic payers has waited without a pause
 */
const premiumQueueMs = (stoodMs: number): number =>
  CLASS_QUEUE_MS - Math.min(1, stoodMs / CLASS_QUEUE_MS) * (CLASS_QUEUE_MS - PREMIUM_QUEUE_MS)
