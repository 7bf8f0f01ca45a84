/** Which sequence numbers have come, of the last REPLAY_WINDOW (as in RFC 4303, section 3.4.3). */
import { REPLAY_WINDOW } from './constants.js'

export class ReplayWindow {
  readonly #seen = new Uint8Array(REPLAY_WINDOW)
  /** the highest number that has come; −1 before the first */
  #highest = -1

  get highest(): number {
    return this.#highest
  }

  /** Whether this number has not come yet. Numbers below the window count as if they had. */
  isNew(sequence: number): boolean {
    if (sequence > this.#highest) return true
    return sequence > this.#highest - REPLAY_WINDOW && this.#seen[sequence % REPLAY_WINDOW] === 0
  }

  /** Takes down that this new number has come. Call it only once the datagram is authentic. */
  mark(sequence: number): void {
    for (let passed = Math.max(this.#highest + 1, sequence - REPLAY_WINDOW + 1); passed < sequence; passed++) {
      this.#seen[passed % REPLAY_WINDOW] = 0
    }
    this.#seen[sequence % REPLAY_WINDOW] = 1
    this.#highest = Math.max(this.#highest, sequence)
  }
}
