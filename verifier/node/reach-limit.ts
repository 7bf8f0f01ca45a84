/** How often a verifier tests whether others can be reached: once a minute for each asker's host, and a few at a time. */

const EVERY_MS = 60_000
const MOST_AT_ONCE = 4
/** Of all askers. What an asker pays for is no more than a few datagrams, but each test costs a connection. */
const MOST_A_MINUTE = 30

export class ReachLimit {
  /** by host, when it was last tested; the oldest first */
  readonly #lastMs = new Map<string, number>()
  #running = 0

  /** @returns why not; undefined if the test may begin, which must then `end` */
  begin(host: string, nowMs: number): string | undefined {
    for (const [other, atMs] of this.#lastMs) {
      if (nowMs - atMs < EVERY_MS) break
      this.#lastMs.delete(other)
    }
    if (this.#lastMs.has(host)) return 'you were tested less than a minute ago'
    if (this.#running >= MOST_AT_ONCE || this.#lastMs.size >= MOST_A_MINUTE) return 'too many ask at present'
    this.#lastMs.set(host, nowMs)
    this.#running++
    return undefined
  }

  end(): void {
    this.#running--
  }
}
