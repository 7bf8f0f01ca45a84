/**
 * Turns arrivals into a rate: windows after a discard, their median, and a stop rule (DESIGN section 4).
 *
 * A window's rate is its bytes over the time from the last arrival before it to its own last arrival. Between two
 * arrivals no time is left out, so neither bursts nor pauses make a rate that never was (bytes between a window's own
 * first and last arrival would read a relay that is silent half of each window at twice its rate).
 */
import { IP_DATAGRAM_BYTES } from '../proto/datagram.js'

const MIN_WINDOW_MS = 50
/** A window holds about a hundred datagrams at the claim: 960 ms over the claim in Mbit/s. */
const WINDOW_MS_MBPS = 960
const MIN_DISCARD_MS = 200
const MAX_DISCARD_MS = 400
const DISCARD_RTTS = 4
const MEASURE_MS = 1000
/** The discard counts from the first arrival, or from here: who sends nothing for long has windows at zero, not fewer. */
const FIRST_ARRIVAL_MS = 150
const MIN_WINDOWS = 8
/** Fewer give no reading: with a restart there must be room for as many. */
export const MIN_STABLE_WINDOWS = 4
const PRECISION = 0.01
/** Standard error of a median over normal readings, from the median absolute deviation: √(π/2) and 1/Φ⁻¹(3/4). */
const MEDIAN_ERROR = 1.2533 * 1.4826
const DECLINE = 0.9
/** A median this many standard errors above the claim: more precision would be cut off by min(…, claim). */
const SURE_ERRORS = 3

export interface Estimate {
  /** median of the windows, kbit/s at the IP layer */
  readonly rateKbps: number
  readonly windows: number
  /** what the windows span, on the clock that `push` was given */
  readonly fromMs: number
  readonly toMs: number
}

export class Estimator {
  readonly #claimKbps: number
  readonly #windowMs: number
  readonly #discardMs: number
  #rates: number[] = []
  #windowStartMs: number
  #endMs: number
  #windowBytes = 0
  /** last arrival before the window, and last of all */
  #previousMs: number
  #lastMs: number
  #anyArrival = false
  #stopped = false

  /** @param startMs when the senders were told to start. @param rttMs of the direct path */
  constructor(startMs: number, options: { readonly claimKbps: number; readonly rttMs: number }) {
    this.#claimKbps = options.claimKbps
    this.#windowMs = Math.max(MIN_WINDOW_MS, (WINDOW_MS_MBPS * 1000) / options.claimKbps)
    this.#discardMs = Math.min(MAX_DISCARD_MS, Math.max(MIN_DISCARD_MS, DISCARD_RTTS * options.rttMs))
    this.#windowStartMs = startMs + FIRST_ARRIVAL_MS + this.#discardMs
    this.#endMs = this.#windowStartMs + MEASURE_MS
    this.#previousMs = startMs
    this.#lastMs = startMs
  }

  /** An arrival. Times never go back. */
  push(nowMs: number, bytes: number): void {
    if (!this.#anyArrival && nowMs + this.#discardMs < this.#windowStartMs) {
      this.#windowStartMs = nowMs + this.#discardMs
      this.#endMs = this.#windowStartMs + MEASURE_MS
    }
    this.#anyArrival = true
    if (nowMs >= this.#windowStartMs) {
      this.advance(nowMs)
      this.#windowBytes += bytes
    } else {
      this.#previousMs = nowMs
    }
    this.#lastMs = nowMs
  }

  /** Closes the windows that have passed, also those without an arrival. */
  advance(nowMs: number): void {
    while (!this.#stopped && nowMs >= this.#windowStartMs + this.#windowMs) this.#closeWindow()
  }

  /** Whether enough was seen, or there is no more time. */
  isDone(nowMs: number): boolean {
    this.advance(nowMs)
    return this.#stopped || nowMs >= this.#endMs
  }

  result(): Estimate {
    const windows = this.#rates.length
    const toMs = this.#windowStartMs
    return { rateKbps: median(this.#rates), windows, fromMs: toMs - windows * this.#windowMs, toMs }
  }

  #closeWindow(): void {
    if (this.#windowBytes === 0) {
      this.#rates.push(0)
    } else {
      // At least half a window: a single arrival right after another, and then silence, is no high rate.
      const elapsedMs = Math.max(this.#lastMs - this.#previousMs, this.#windowMs / 2)
      this.#rates.push((this.#windowBytes * 8) / elapsedMs)
      this.#previousMs = this.#lastMs
    }
    this.#windowBytes = 0
    this.#windowStartMs += this.#windowMs
    this.#judge()
  }

  #judge(): void {
    const rates = this.#rates
    if (this.#windowStartMs + this.#windowMs > this.#endMs) this.#stopped = true
    if (this.#stopped || rates.length < MIN_WINDOWS) return
    const middle = median(rates)
    const declined = this.#declinedWindows(middle)
    if (declined > 0) {
      const room = (this.#endMs - this.#windowStartMs) / this.#windowMs
      if (declined + room >= MIN_STABLE_WINDOWS) this.#rates = rates.slice(-declined)
      return
    }
    const deviation = Math.max(
      median(rates.map(rate => Math.abs(rate - middle))),
      (IP_DATAGRAM_BYTES * 8) / this.#windowMs,
    )
    const error = (MEDIAN_ERROR * deviation) / Math.sqrt(rates.length)
    this.#stopped = error <= PRECISION * middle || middle - SURE_ERRORS * error >= this.#claimKbps
  }

  /** How many of the last windows lie after a drop; 0 if there was none. */
  #declinedWindows(middle: number): number {
    const rates = this.#rates
    if (median(rates.slice(-3)) < DECLINE * median(rates.slice(0, 3))) return 3
    // The last two together: a window that is low because the machine paused is followed by one that is high.
    return (rates.at(-1)! + rates.at(-2)!) / 2 < DECLINE * middle ? 2 : 0
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
