/** Whether a leg still hears the other end. Pure, apart from what it remembers. */
import { ALL_SILENT_MS, PING_MS, SILENT_JITTERS, SILENT_PINGS } from './constants.js'

/** A timer that is so late is on time. */
const TICK_SLACK_MS = 5
/** Gains of RFC 6298, section 2. */
const SMOOTH_GAIN = 1 / 8
const JITTER_GAIN = 1 / 4

/** A smoothed value and its mean deviation, as RFC 6298 keeps the round trip. */
export class Smoothed {
  #value: number | undefined
  #jitter = 0

  /** undefined before the first sample */
  get value(): number | undefined {
    return this.#value
  }

  get jitter(): number {
    return this.#jitter
  }

  add(sample: number): void {
    if (this.#value === undefined) {
      this.#value = sample
      this.#jitter = 0
      return
    }
    this.#jitter += JITTER_GAIN * (Math.abs(this.#value - sample) - this.#jitter)
    this.#value += SMOOTH_GAIN * (sample - this.#value)
  }
}

/** After so long without a datagram a leg is silent, ms. */
export const silenceMs = (jitterMs: number): number => SILENT_PINGS * PING_MS + SILENT_JITTERS * jitterMs

/** What is known of when one leg last heard anything. */
export interface Hearing {
  heardMs: number
  readonly jitterMs: number
}

/**
 * Tells which legs are dead by silence. If all are silent at once, then no provider is to blame: this end or the other
 * one had a pause, or the network between. They are then dead only after ALL_SILENT_MS, and whichever is heard first
 * gives all of them a new start.
 */
export class Silence {
  #newestMs = Number.NEGATIVE_INFINITY
  #lookedMs: number | undefined

  /** A leg has heard something. @param legs all legs, this one among them */
  heard(leg: Hearing, legs: readonly Hearing[], nowMs: number): void {
    if (nowMs - this.#newestMs > silenceMs(leg.jitterMs)) for (const each of legs) each.heardMs = nowMs
    leg.heardMs = nowMs
    this.#newestMs = nowMs
  }

  /**
   * Call this every PING_MS. If this process was late, then what has come meanwhile still waits in its socket, and the
   * legs get that time.
   * @returns the dead legs
   */
  silent<L extends Hearing>(legs: readonly L[], nowMs: number): L[] {
    const lateMs = nowMs - (this.#lookedMs ?? nowMs) - PING_MS
    this.#lookedMs = nowMs
    if (lateMs > TICK_SLACK_MS) for (const leg of legs) leg.heardMs = Math.min(nowMs, leg.heardMs + lateMs)
    const quiet = legs.filter(leg => nowMs - leg.heardMs > silenceMs(leg.jitterMs))
    if (quiet.length < legs.length) return quiet
    return quiet.filter(leg => nowMs - leg.heardMs > Math.max(ALL_SILENT_MS, silenceMs(leg.jitterMs)))
  }
}
