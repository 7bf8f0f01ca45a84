/**
 * How many sessions run at once on a machine that others use as well: fewer after each session that starved, and slowly
 * more again. Pure.
 */

const DECREASE = 0.9
/** for each session that counts */
const INCREASE = 0.05

export class Pace {
  readonly #most: number
  #parallel: number

  /** @param most as the calibration found */
  constructor(most: number) {
    this.#most = most
    this.#parallel = most
  }

  get parallel(): number {
    return Math.floor(this.#parallel)
  }

  /** @param counts false if the session starved */
  heed(counts: boolean): void {
    this.#parallel = counts ? Math.min(this.#most, this.#parallel + INCREASE) : Math.max(1, DECREASE * this.#parallel)
  }
}
