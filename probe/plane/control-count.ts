/** Counts the control datagrams of each sender while a session runs, by their sequence numbers: no key is known yet. */
import type { ControlFlow } from '../verdict/control.js'

interface Count {
  readonly firstMs: number
  readonly firstSequence: number
  lastMs: number
  highest: number
  arrived: number
}

export class ControlCount {
  readonly #counts: (Count | undefined)[]

  constructor(senders: number) {
    this.#counts = new Array(senders).fill(undefined)
  }

  add(slot: number, sequence: number, arrivedMs: number): void {
    this.#counts[slot] ??= {
      ...{ firstMs: arrivedMs, lastMs: arrivedMs },
      ...{ firstSequence: sequence, highest: sequence, arrived: 0 },
    }
    const count = this.#counts[slot]
    count.arrived++
    count.lastMs = arrivedMs
    count.highest = Math.max(count.highest, sequence)
  }

  /** By sender; undefined if nothing arrived. */
  get flows(): (ControlFlow | undefined)[] {
    return this.#counts.map(
      count =>
        count && {
          sent: count.highest + 1 - count.firstSequence,
          arrived: count.arrived,
          spanMs: count.lastMs - count.firstMs,
          riseMs: 0,
        },
    )
  }
}
