/** What comes through the provider under each sender's tag, in a soak: data beside a sender's turn takes its room. */
import type { Span } from '../verdict/turns.js'

/** Length of the intervals in which arrivals are counted. */
const CROWD_MS = 50

export class Crowd {
  readonly #startMs: number
  /** by sender: bytes in each interval from the start */
  readonly #passed: readonly number[][]

  constructor(startMs: number, senders: number) {
    this.#startMs = startMs
    this.#passed = Array.from({ length: senders }, () => [])
  }

  pass(slot: number, bytes: number, arrivedMs: number): void {
    const intervals = this.#passed[slot]!
    const at = Math.max(0, Math.floor((arrivedMs - this.#startMs) / CROWD_MS))
    intervals[at] = (intervals[at] ?? 0) + bytes
  }

  /** Rate under each other sender's tag in a span; 0 for the sender itself. kbit/s */
  beside(slot: number, { fromMs, toMs }: Span): number[] {
    const first = Math.max(0, Math.ceil((fromMs - this.#startMs) / CROWD_MS))
    const end = Math.max(first + 1, Math.floor((toMs - this.#startMs) / CROWD_MS))
    return this.#passed.map((intervals, other) => {
      if (other === slot) return 0
      let bytes = 0
      for (let at = first; at < end; at++) bytes += intervals[at] ?? 0
      return (bytes * 8) / ((end - first) * CROWD_MS)
    })
  }
}
