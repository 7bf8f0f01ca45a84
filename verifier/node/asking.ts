/**
 * Asks several peers at once until one of them has what was asked: a few that stall cost no time. A third of the set may
 * stall, and each of them may say that it holds a ballot that one honest verifier holds. So a peer that had no answer is asked
 * after the others, until it has one.
 */

/** Streams that a node has open to one peer at once. The peer's muxer takes 32, and its answers wait in this node's memory. */
const STREAMS_EACH = 4

export class Asking<P extends { readonly index: number }> {
  /** streams by peer */
  readonly #open = new Map<number, number>()
  /** peers whose last request came to nothing */
  readonly #disappointing = new Set<number>()
  #freed = Promise.withResolvers<void>()

  /**
   * @param peers in the order in which they are asked; one that is busy, or had no answer the last time, is asked later
   * @param atOnce peers
   * @param ask returns undefined if the peer does not have it. Never throws, and ends soon after the signal aborts
   * @returns the first answer; undefined if no peer has one
   */
  async first<T>(
    peers: readonly P[],
    atOnce: number,
    ask: (peer: P, signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const waiting = [...peers]
    const over = new AbortController()
    let found: T | undefined
    const askOneByOne = async () => {
      for (let peer = await this.#take(waiting); peer !== undefined; peer = await this.#take(waiting)) {
        const answer = await ask(peer, over.signal)
        if (answer !== undefined) this.#disappointing.delete(peer.index)
        else if (!over.signal.aborted) this.#disappointing.add(peer.index)
        if (found === undefined && answer !== undefined) {
          found = answer
          waiting.length = 0
          over.abort()
        }
        this.#free(peer)
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, peers.length) }, askOneByOne))
    return found
  }

  /** The first peer that is not busy, rather one that did not disappoint. Undefined if nobody waits any more. */
  async #take(waiting: P[]): Promise<P | undefined> {
    for (;;) {
      if (waiting.length === 0) return undefined
      const free = waiting.filter(({ index }) => this.#openTo(index) < STREAMS_EACH)
      const peer = free.find(({ index }) => !this.#disappointing.has(index)) ?? free[0]
      if (peer !== undefined) {
        waiting.splice(waiting.indexOf(peer), 1)
        this.#open.set(peer.index, this.#openTo(peer.index) + 1)
        return peer
      }
      await this.#freed.promise
    }
  }

  #free({ index }: P): void {
    const open = this.#openTo(index) - 1
    if (open === 0) this.#open.delete(index)
    else this.#open.set(index, open)
    this.#freed.resolve()
    this.#freed = Promise.withResolvers()
  }

  readonly #openTo = (index: number): number => this.#open.get(index) ?? 0
}
