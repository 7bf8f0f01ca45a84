/**
 * The datagrams of one class of traffic: a queue for each session, and the sessions take turns. With one queue for all, the first
 * to arrive after a drop would be served, so a session whose datagrams come in bursts, or always after another's, would get
 * nothing (S. Floyd, V. Jacobson, "Traffic phase effects in packet-switched gateways", 1991).
 */
export interface Queued<Item> {
  readonly item: Item
  /** at the IP layer */
  readonly bytes: number
  readonly arrivedMs: number
}

export class ClassQueue<Item> {
  readonly #giveWay: (item: Item) => void
  /** the queues that hold something, by session, in the order of their turns */
  readonly #turns = new Map<number, Fifo<Item>>()
  #length = 0
  /** when it was empty last */
  #sinceMs = 0

  /** @param giveWay hears of each datagram that is dropped */
  constructor(giveWay: (item: Item) => void) {
    this.#giveWay = giveWay
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** What `shift` gives. Of a queue that is not empty. */
  get first(): Queued<Item> {
    return this.#next[1].first
  }

  /** How long something has waited here without a pause; 0 while nothing does. */
  stoodMs(atMs: number): number {
    return this.isEmpty ? 0 : atMs - this.#sinceMs
  }

  /** @param fromMs see `shorten` */
  add(session: number, queued: Queued<Item>, fromMs: number): void {
    if (this.isEmpty) this.#sinceMs = queued.arrivedMs
    const queue = this.#turns.get(session) ?? new Fifo<Item>()
    this.#turns.set(session, queue)
    queue.add(queued)
    this.#length++
    this.#shorten(session, queue, fromMs)
  }

  /** Of a queue that is not empty. The session's next turn comes after those of all others. */
  shift(): Queued<Item> {
    const [session, queue] = this.#next
    this.#turns.delete(session)
    this.#length--
    const queued = queue.shift()
    if (!queue.isEmpty) this.#turns.set(session, queue)
    return queued
  }

  /**
   * Drops what arrived earlier and would come next. The last datagram of all stays: a link may be so slow that every one waits
   * longer.
   */
  shorten(fromMs: number): void {
    while (!this.isEmpty) {
      const [session, queue] = this.#next
      this.#shorten(session, queue, fromMs)
      if (!queue.isEmpty) return
    }
  }

  get #next(): [session: number, queue: Fifo<Item>] {
    return this.#turns.entries().next().value!
  }

  #shorten(session: number, queue: Fifo<Item>, fromMs: number): void {
    while (this.#length > 1 && !queue.isEmpty && queue.first.arrivedMs < fromMs) {
      this.#length--
      this.#giveWay(queue.shift().item)
    }
    if (queue.isEmpty) this.#turns.delete(session)
  }
}

class Fifo<Item> {
  #waiting: Queued<Item>[] = []
  /** the datagrams before it have left */
  #first = 0

  get isEmpty(): boolean {
    return this.#waiting.length === this.#first
  }

  get first(): Queued<Item> {
    return this.#waiting[this.#first]!
  }

  add(queued: Queued<Item>): void {
    this.#waiting.push(queued)
  }

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
