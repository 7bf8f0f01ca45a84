/** One line for many faults alike, so that nobody can fill a disk with this node's log. */
import type { Logger } from 'pino'

const SUM_MS = 10_000

export class SummedLog {
  /** by kind, the faults since the last line about it */
  readonly #more = new Map<string, number>()

  /** @param sumMs how long faults of one kind are counted after the first of them */
  constructor(
    private readonly log: Pick<Logger, 'warn'>,
    private readonly sumMs = SUM_MS,
  ) {}

  /** Writes the first fault of a kind at once, and after a while how many came after it. @param kind of a few */
  warn(kind: string, fault: string): void {
    const more = this.#more.get(kind)
    this.#more.set(kind, more === undefined ? 0 : more + 1)
    if (more !== undefined) return
    this.log.warn({ kind }, fault)
    setTimeout(() => this.#sumUp(kind), this.sumMs).unref()
  }

  #sumUp(kind: string): void {
    const more = this.#more.get(kind)
    this.#more.delete(kind)
    if (more) this.log.warn({ kind, more }, `${more} more of this kind in ${this.sumMs / 1000} s`)
  }
}
