/**
 * Brings packets that come over several legs back into the order in which they were sent.
 *
 * Legs differ in delay, quiche takes a packet for lost once a few later ones have come, and drops it once 128 have. So a
 * packet waits here for those before it, as long as one of them may still come. A leg keeps its own order: what is missing
 * below a number that every leg has passed is lost. When a leg dies, its packets are carried again over the others, in
 * order and under their old numbers.
 */
import { MOST_HELD, MOST_HELD_MS, REPEATED_WITHIN_MS } from './constants.js'

export class InOrder<Leg extends object> {
  readonly #deliver: (packet: Buffer) => void
  /** by leg: one more than the highest number that it has brought, or said it would not bring */
  readonly #passed = new WeakMap<Leg, number>()
  /** the legs for which packets wait, and until when: without end for those in use */
  readonly #awaited = new Map<Leg, number>()
  /** packets that came before an earlier one, by number */
  readonly #held = new Map<number, Buffer>()
  /** the least number that has not come */
  #next = 0
  /** since when a packet waits for `#next` */
  #sinceMs = 0
  /** whether packets of a dead leg have begun to come over another one */
  #isRepeating = false

  constructor(deliver: (packet: Buffer) => void) {
    this.#deliver = deliver
  }

  /** The legs in use, from now on. What came over the others may be under way, or is carried again. */
  use(legs: readonly Leg[], nowMs: number): void {
    for (const [leg, untilMs] of this.#awaited) {
      if (!legs.includes(leg)) this.#awaited.set(leg, Math.min(untilMs, nowMs + REPEATED_WITHIN_MS))
    }
    for (const leg of legs) this.#awaited.set(leg, Number.POSITIVE_INFINITY)
    this.release(nowMs)
  }

  /** A leg has brought a packet: in order, early, late or once more. It is delivered once no earlier one can come. */
  take(leg: Leg, number: number, packet: Buffer, nowMs: number): void {
    const passed = this.#passedBy(leg)
    if (number < passed) this.#noteRepeat(number)
    else {
      if (this.#isRepeating) this.#endRepeats()
      this.#passed.set(leg, number + 1)
    }
    if (number > this.#next) {
      if (this.#held.size === 0) this.#sinceMs = nowMs
      this.#held.set(number, packet)
    } else {
      this.#deliver(packet)
      if (number === this.#next) this.#continue(number + 1, nowMs)
    }
    this.release(nowMs)
  }

  /** The other end has said on a leg which number its next packet will have. */
  pass(leg: Leg, number: number, nowMs: number): void {
    if (number <= this.#passedBy(leg)) return
    this.#passed.set(leg, number)
    this.release(nowMs)
  }

  /** Delivers what need not wait, or has waited too long. Call it every few milliseconds. */
  release(nowMs: number): void {
    for (const [leg, untilMs] of this.#awaited) if (untilMs <= nowMs) this.#awaited.delete(leg)
    if (this.#held.size === 0) return
    const isTooMuch = this.#held.size > MOST_HELD || nowMs - this.#sinceMs > MOST_HELD_MS
    let lostBelow = Number.POSITIVE_INFINITY
    if (!isTooMuch) for (const leg of this.#awaited.keys()) lostBelow = Math.min(lostBelow, this.#passedBy(leg))
    if (lostBelow <= this.#next) return
    const ready = [...this.#held.keys()].filter(number => number < lostBelow).sort((a, b) => a - b)
    for (const number of ready) this.#deliverHeld(number)
    this.#continue(Number.isFinite(lostBelow) ? lostBelow : ready.at(-1)! + 1, nowMs)
  }

  #continue(next: number, nowMs: number): void {
    this.#next = next
    while (this.#held.has(this.#next)) this.#deliverHeld(this.#next++)
    this.#sinceMs = nowMs
  }

  #deliverHeld(number: number): void {
    const packet = this.#held.get(number)!
    this.#held.delete(number)
    this.#deliver(packet)
  }

  /** Repeats come in order: a dead leg's packets before this one will not. */
  #noteRepeat(number: number): void {
    for (const leg of this.#left()) {
      this.#isRepeating = true
      this.#passed.set(leg, Math.max(this.#passedBy(leg), number))
    }
  }

  #endRepeats(): void {
    this.#isRepeating = false
    for (const leg of this.#left()) this.#awaited.delete(leg)
  }

  /** legs that are no longer in use */
  #left(): Leg[] {
    return [...this.#awaited].filter(([, untilMs]) => untilMs < Number.POSITIVE_INFINITY).map(([leg]) => leg)
  }

  #passedBy(leg: Leg): number {
    return this.#passed.get(leg) ?? 0
  }
}
