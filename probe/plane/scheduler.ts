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
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import { CLASS_QUEUE_MS, LIMITER_BURST_MS, PREMIUM_SHARE, STRANGERS_FILL } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
import { TokenBucket } from './token-bucket.js'

export type TrafficClass = 'lane' | 'unpaid' | 'premium' | 'basic'

interface Queued<Item> {
  readonly item: Item
  /** at the IP layer */
  readonly bytes: number
}

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

  constructor(linkKbps: number, claimKbps: number, nowMs: number) {
    this.#linkKbps = linkKbps
    const most = bytesIn(linkKbps, CLASS_QUEUE_MS)
    this.#queues = {
      lane: new ClassQueue(most),
      unpaid: new ClassQueue(bytesIn(claimKbps * STRANGERS_FILL, CLASS_QUEUE_MS)),
      premium: new ClassQueue(most),
      basic: new ClassQueue(most),
    }
    this.#claim = bucketOf(claimKbps, nowMs)
    this.#freeMs = nowMs
  }

  /** For a claim that changed on chain. */
  setClaim(claimKbps: number, nowMs: number): void {
    this.#claim = bucketOf(claimKbps, nowMs)
    this.#queues.unpaid.mostBytes = bytesIn(claimKbps * STRANGERS_FILL, CLASS_QUEUE_MS)
  }

  /**
   * Queues a datagram. First take all that `next` gives until its arrival.
   * @param bytes at the IP layer
   * @returns what gives way to it: the oldest of its class
   */
  add(name: TrafficClass, item: Item, bytes: number, arrivedMs: number): Item[] {
    // A link that had nothing to send has saved nothing.
    if (this.#isEmpty) this.#freeMs = Math.max(this.#freeMs, arrivedMs)
    return this.#queues[name].add({ item, bytes })
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
    if (!lane.isEmpty) return lane.shift()
    if (!unpaid.isEmpty && this.#claim.take(unpaid.firstBytes, atMs)) return unpaid.shift()
    if (premium.isEmpty && basic.isEmpty) return unpaid.shift()
    return this.#takePaid()
  }

  /** A class keeps what is left of its turn while it has something to send. */
  #takePaid(): Queued<Item> {
    for (;;) {
      const queue = this.#queues[PAYERS[this.#turn]!.name]
      const left = this.#deficits[this.#turn]!
      if (!queue.isEmpty && queue.firstBytes <= left) {
        this.#deficits[this.#turn] = left - queue.firstBytes
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

/** First in, first out. Whoever waits longest gives way, since what is newest is worth most to its receiver. */
class ClassQueue<Item> {
  mostBytes: number
  #waiting: Queued<Item>[] = []
  /** the datagrams before it have left */
  #first = 0
  #bytes = 0

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes
  }

  get isEmpty(): boolean {
    return this.#first === this.#waiting.length
  }

  /** Of a queue that is not empty. */
  get firstBytes(): number {
    return this.#waiting[this.#first]!.bytes
  }

  /** A single datagram always has room. @returns what gives way */
  add(queued: Queued<Item>): Item[] {
    this.#waiting.push(queued)
    this.#bytes += queued.bytes
    const gone: Item[] = []
    while (this.#bytes > this.mostBytes && this.#waiting.length - this.#first > 1) gone.push(this.shift().item)
    return gone
  }

  /** Of a queue that is not empty. */
  shift(): Queued<Item> {
    const queued = this.#waiting[this.#first++]!
    this.#bytes -= queued.bytes
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    return queued
  }
}
