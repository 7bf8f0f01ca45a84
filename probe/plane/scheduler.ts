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
 * A queue is as long as its oldest datagram has waited, whatever rate the class gets: CLASS_QUEUE_MS at most. What has
 * waited longer gives way, since it is worth least to its receiver. So a class that is overloaded waits so long and
 * no longer. If basic payers are, premium ones wait PREMIUM_QUEUE_MS at most.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import { CLASS_QUEUE_MS, LIMITER_BURST_MS, PREMIUM_QUEUE_MS, PREMIUM_SHARE, STRANGERS_FILL } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
import { TokenBucket } from './token-bucket.js'

export type TrafficClass = 'lane' | 'unpaid' | 'premium' | 'basic'

interface Queued<Item> {
  readonly item: Item
  /** at the IP layer */
  readonly bytes: number
  readonly arrivedMs: number
}

/** At the IP layer. A class that gets less than its turn's bytes could send nothing. */
const MOST_DATAGRAM_BYTES = ipDatagramBytes(true)
const PAYERS = [
  { name: 'premium', quantum: PREMIUM_SHARE * MOST_DATAGRAM_BYTES },
  { name: 'basic', quantum: MOST_DATAGRAM_BYTES },
] as const

export class Scheduler<Item> {
  readonly #linkKbps: number
  readonly #giveWay: (item: Item) => void
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
    this.#giveWay = giveWay
    this.#queues = {
      lane: new ClassQueue(),
      unpaid: new ClassQueue(),
      premium: new ClassQueue(),
      basic: new ClassQueue(),
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
   * @param bytes at the IP layer
   */
  add(name: TrafficClass, item: Item, bytes: number, arrivedMs: number): void {
    // A link that had nothing to send has saved nothing.
    if (this.#isEmpty) this.#freeMs = Math.max(this.#freeMs, arrivedMs)
    this.#queues[name].add({ item, bytes, arrivedMs })
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
    this.#shorten(lane, atMs - CLASS_QUEUE_MS)
    this.#shorten(unpaid, atMs - CLASS_QUEUE_MS)
    this.#shorten(basic, atMs - CLASS_QUEUE_MS)
    this.#shorten(premium, atMs - premiumQueueMs(basic.stoodMs(atMs)))
    if (!lane.isEmpty) return lane.shift()
    if (!unpaid.isEmpty && this.#claim.take(unpaid.first.bytes, atMs)) return unpaid.shift()
    if (premium.isEmpty && basic.isEmpty) return unpaid.shift()
    return this.#takePaid()
  }

  /** The newest one stays: a link may be so slow that every datagram waits longer. */
  #shorten(queue: ClassQueue<Item>, fromMs: number): void {
    while (queue.length > 1 && queue.first.arrivedMs < fromMs) this.#giveWay(queue.shift().item)
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

/** First in, first out. */
class ClassQueue<Item> {
  #waiting: Queued<Item>[] = []
  /** the datagrams before it have left */
  #first = 0
  /** when it was empty last */
  #sinceMs = 0

  get length(): number {
    return this.#waiting.length - this.#first
  }

  get isEmpty(): boolean {
    return this.length === 0
  }

  /** Of a queue that is not empty. */
  get first(): Queued<Item> {
    return this.#waiting[this.#first]!
  }

  /** How long something has waited here without a pause; 0 while nothing does. */
  stoodMs(atMs: number): number {
    return this.isEmpty ? 0 : atMs - this.#sinceMs
  }

  add(queued: Queued<Item>): void {
    if (this.isEmpty) this.#sinceMs = queued.arrivedMs
    this.#waiting.push(queued)
  }

  /** Of a queue that is not empty. */
  shift(): Queued<Item> {
    const queued = this.first
    this.#first++
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    return queued
  }
}
