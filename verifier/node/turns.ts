/**
 * Which epoch a node takes up next. An epoch is taken up once, after the earlier ones, and only while it runs: a machine
 * that slept, or whose chain did not answer, skips what it missed. The clock may be set forward or back. Pure.
 */

export interface Turn {
  readonly epoch: number
  /** the first of the epochs before it that this node did not take up; `epoch` if there are none */
  readonly skippedFrom: number
}

export class Turns {
  #taken = 0

  /** @param next the first epoch to take up, from 1 */
  constructor(private next: number) {}

  /** The epoch whose begin the node waits for. */
  get planned(): number {
    return this.next
  }

  /** @param now the epoch that runs by the clock. @returns undefined while none is due */
  due(now: number): Turn | undefined {
    // If the clock was ahead when the epoch was planned, that one may lie far in the future.
    this.next = Math.max(this.#taken + 1, Math.min(this.next, now + 1))
    if (now < this.next) return undefined
    const turn = { epoch: now, skippedFrom: this.next }
    this.#taken = now
    this.next = now + 1
    return turn
  }
}
