/**
 * When a tunnel that nobody uses rests. At PING_MS each leg costs its user a gigabyte a day, and a leg's death is of no
 * interest while nothing is to be carried. A resting tunnel asks its legs every REST_PING_MS. If one does not answer, or
 * a stream carries anything, it pings as always. Pure, apart from what it remembers.
 */
import { REST_AFTER_MS, REST_PING_MS } from './constants.js'
import { type Hearing, patienceMs } from './liveness.js'

/**
 * watch  ping all legs, and leave those that are silent
 * ask    ping all legs
 * wait   ping none
 */
export type Doing = 'watch' | 'ask' | 'wait'

/** What is known of one leg's answers. */
export interface Answering extends Hearing {
  /** when the newest ping was sent that was answered */
  readonly answeredMs: number
}

export class Rest {
  #isResting = false
  #carried = 0
  #carriedMs: number
  #askedMs = Number.NEGATIVE_INFINITY

  constructor(nowMs: number) {
    this.#carriedMs = nowMs
  }

  get isResting(): boolean {
    return this.#isResting
  }

  /** Call this every PING_MS. @param carried bytes of all streams so far, in both directions */
  look(carried: number, legs: readonly Answering[], nowMs: number): Doing {
    if (carried !== this.#carried) this.#carriedMs = nowMs
    this.#carried = carried
    this.#isResting = nowMs - this.#carriedMs >= REST_AFTER_MS
    if (!this.#isResting || legs.some(leg => this.#isOverdue(leg, nowMs))) return 'watch'
    if (nowMs - this.#askedMs < REST_PING_MS) return 'wait'
    this.#askedMs = nowMs
    return 'ask'
  }

  #isOverdue(leg: Answering, nowMs: number): boolean {
    return leg.answeredMs < this.#askedMs && nowMs - this.#askedMs > (leg.rttMs ?? 0) + patienceMs(leg)
  }
}
