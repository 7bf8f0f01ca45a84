/**
 * How many sessions run at once on a machine that others use as well: fewer after each pause of the machine, and slowly
 * more again. Pure.
 */

const DECREASE = 0.9
/** for each session that counts */
const INCREASE = 0.05

export class Pace {
  readonly #most: number
  #parallel: number
  #reducedMs = Number.NEGATIVE_INFINITY

  /** @param most as the calibration found */
  constructor(most: number) {
    this.#most = most
    this.#parallel = most
  }

  get parallel(): number {
    return Math.floor(this.#parallel)
  }

  /**
   * One pause starves many sessions. So those that ran when the pace was last reduced reduce it no further.
   * @param counts false if the session starved @param begunMs when the session began, on the clock of `nowMs`
   */
  heed(counts: boolean, begunMs: number, nowMs: number): void {
    if (counts) {
      this.#parallel = Math.min(this.#most, this.#parallel + INCREASE)
    } else if (begunMs >= this.#reducedMs) {
      this.#parallel = Math.max(1, DECREASE * this.#parallel)
      this.#reducedMs = nowMs
    }
  }
}
