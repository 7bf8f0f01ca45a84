/**
 * Turns arrivals into a rate: windows after a discard, their median, and a stop rule (docs/protocol/session.md, "The
 * reading").
 *
 * A window's rate is its bytes over the time from the last arrival before it to its own last arrival. The times of all
 * windows join without a gap, so neither bursts nor pauses raise the rate. (From a window's own first arrival to its
 * last, a relay that is silent for half of each window would seem twice as fast.)
 *
 * An ordinary session ends when the reading is precise, or a second after the discard. A low reading goes on, within
 * its time, until it has the evidence that a low vote needs: enough control datagrams, and enough windows since the
 * last restart. A turn of a soak and a direct probe take a fixed time.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { LONGEST_MEASURE_MS } from '../constants.js'

const MIN_WINDOW_MS = 50
/** A window holds about a hundred datagrams at the claim: 960 ms over the claim in Mbit/s. */
const WINDOW_MS_MBPS = 960
const MIN_DISCARD_MS = 200
const MAX_DISCARD_MS = 1000
const DISCARD_RTTS = 4
const GROUP_DISCARD_MS = 500
const MEASURE_MS = 1000
/**
 * The discard starts at the first arrival, but no later than this. So a long silence gives windows at zero, not fewer
 * windows.
 */
const FIRST_ARRIVAL_MS = 150
const FIRST_ARRIVAL_RTTS = 2
/**
 * Most bytes that a reading should cost, at the claim. From some 400 Mbit/s on this limit shortens the discard of a
 * long round trip, and then the measurement. Fast links have thousands of datagrams in each window, so they need less
 * time.
 */
const DATA_BYTES = 80_000_000
/** From the last window to the last arrival: the halt travels to the senders, and data that is on its way arrives. */
const HALT_RTTS = 1
const HALT_MS = 50
const MIN_WINDOWS = 8
/** Fewer windows give no reading. A restart must leave room for as many. */
export const MIN_STABLE_WINDOWS = 4
const PRECISION = 0.01
/** Standard error of a median over normal readings, from the median absolute deviation: √(π/2) and 1/Φ⁻¹(3/4). */
const MEDIAN_ERROR = 1.2533 * 1.4826
const DECLINE = 0.9
/** To detect a decline, the estimator compares so many windows at either end. */
const END_WINDOWS = 3
/**
 * A fixed span's reading is at most this factor times the mean of its windows. By the median alone, a relay that pauses
 * for 45 of every 100 windows would seem never to pause. An ordinary session is too short to distinguish such a relay
 * from the machine's own pauses.
 */
const ABOVE_MEAN = 1.05
/**
 * A median this many standard errors above the claim is certain enough, because min(…, claim) caps the reading anyway.
 */
const SURE_ERRORS = 3

export interface EstimatorOptions {
  readonly claimKbps: number
  /** the slashing threshold: a reading below the threshold is low */
  readonly thresholdKbps: number
  /** round trip of the direct path */
  readonly rttMs: number
  /** replaces the stop rule: times to discard and to measure, from the first arrival on */
  readonly fixed?: FixedSpan | undefined
}

export interface FixedSpan {
  readonly discardMs: number
  readonly measureMs: number
  /** longest wait for the first arrival (default: two round trips, at least FIRST_ARRIVAL_MS) */
  readonly waitMs?: number
  /** longest window */
  readonly windowMs?: number
}

const discardOf = (rttMs: number, leastMs: number): number =>
  Math.min(MAX_DISCARD_MS, Math.max(leastMs, DISCARD_RTTS * rttMs))

/**
 * The span of receivers that measure at once. They have no stop rule, so their spans overlap. The discard is longer
 * than the difference of their clocks.
 */
export const groupSpan = (rttMs: number): FixedSpan => ({
  discardMs: discardOf(rttMs, GROUP_DISCARD_MS),
  measureMs: MEASURE_MS,
})

export interface Estimate {
  /** median of the windows (in a fixed span, at most 1.05 times their mean); kbit/s at the IP layer */
  readonly rateKbps: number
  readonly windows: number
  /** start of the first window and end of the last, on the clock of `push` */
  readonly fromMs: number
  readonly toMs: number
}

export class Estimator {
  readonly #options: EstimatorOptions
  readonly #windowMs: number
  readonly #discardMs: number
  readonly #measureMs: number
  #rates: number[] = []
  #windowStartMs = 0
  #endMs = 0
  #latestMs = 0
  #windowBytes = 0
  /** last arrival before the window, and last arrival of all */
  #previousMs: number
  #lastMs: number
  #anyArrival = false
  /** the reading is precise enough, or the time that is left has no room for a whole window */
  #enough = false
  #done = false

  /** @param startMs when the receiver told the senders to start */
  constructor(startMs: number, options: EstimatorOptions) {
    const { claimKbps, rttMs, fixed } = options
    this.#options = options
    const windowMs = Math.max(MIN_WINDOW_MS, (WINDOW_MS_MBPS * 1000) / claimKbps)
    this.#windowMs = Math.min(windowMs, fixed?.windowMs ?? windowMs)
    const { discardMs, measureMs } = fixed ?? this.#span()
    this.#discardMs = discardMs
    this.#measureMs = measureMs
    const waitMs = Math.max(FIRST_ARRIVAL_MS, Math.min(FIRST_ARRIVAL_RTTS * rttMs, MAX_DISCARD_MS))
    this.#begin(startMs + (fixed?.waitMs ?? waitMs))
    this.#previousMs = startMs
    this.#lastMs = startMs
  }

  /** Adds an arrival. Times must never go back. */
  push(nowMs: number, bytes: number): void {
    if (!this.#anyArrival && nowMs + this.#discardMs < this.#windowStartMs) this.#begin(nowMs)
    this.#anyArrival = true
    if (nowMs >= this.#windowStartMs) {
      this.advance(nowMs)
      this.#windowBytes += bytes
    } else {
      this.#previousMs = nowMs
    }
    this.#lastMs = nowMs
  }

  /** Closes the windows that have passed, including windows without an arrival. */
  advance(nowMs: number): void {
    while (!this.#enough && nowMs >= this.#windowStartMs + this.#windowMs) this.#closeWindow()
  }

  /**
   * Whether the estimator has seen enough, or has no more time. Once true, the answer stays true.
   * @param hasControl whether the control datagrams suffice for a low vote
   */
  isDone(nowMs: number, hasControl: boolean): boolean {
    this.advance(nowMs)
    if (!this.#enough) return false
    const goesOn =
      !this.#options.fixed &&
      (!hasControl || this.#rates.length < MIN_WINDOWS) &&
      median(this.#rates) < this.#options.thresholdKbps &&
      this.#windowStartMs + this.#windowMs <= this.#latestMs
    if (!this.#done && goesOn) {
      this.#enough = false
      this.#endMs = Math.max(this.#endMs, this.#windowStartMs + this.#windowMs)
      return false
    }
    this.#done = true
    return true
  }

  result(): Estimate {
    const windows = this.#rates.length
    const toMs = this.#windowStartMs
    return { rateKbps: this.#reading(), windows, fromMs: toMs - windows * this.#windowMs, toMs }
  }

  /** The discard of an ordinary session, and its longest measurement. */
  #span(): FixedSpan {
    const { claimKbps, rttMs } = this.#options
    const affordedMs = (DATA_BYTES * 8) / claimKbps - (HALT_MS + HALT_RTTS * Math.min(rttMs, MAX_DISCARD_MS))
    const discardMs = Math.max(
      MIN_DISCARD_MS,
      Math.min(discardOf(rttMs, MIN_DISCARD_MS), affordedMs - MIN_WINDOWS * this.#windowMs),
    )
    const leastMs = MIN_STABLE_WINDOWS * this.#windowMs
    return { discardMs, measureMs: Math.max(leastMs, Math.min(MEASURE_MS, affordedMs - discardMs)) }
  }

  #reading(): number {
    const middle = median(this.#rates)
    if (!this.#options.fixed) return middle
    const mean = this.#rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, this.#rates.length)
    return Math.min(middle, ABOVE_MEAN * mean)
  }

  /** @param beginMs time of the first arrival, or the latest time at which it was due */
  #begin(beginMs: number): void {
    this.#windowStartMs = beginMs + this.#discardMs
    this.#endMs = this.#windowStartMs + this.#measureMs
    this.#latestMs = beginMs + LONGEST_MEASURE_MS
  }

  #closeWindow(): void {
    if (this.#windowBytes === 0) {
      this.#rates.push(0)
    } else {
      // At least half a window: two arrivals in quick succession, followed by silence, are not a high rate.
      const elapsedMs = Math.max(this.#lastMs - this.#previousMs, this.#windowMs / 2)
      this.#rates.push((this.#windowBytes * 8) / elapsedMs)
      this.#previousMs = this.#lastMs
    }
    this.#windowBytes = 0
    this.#windowStartMs += this.#windowMs
    this.#judge()
  }

  #judge(): void {
    if (this.#windowStartMs + this.#windowMs > this.#endMs) this.#enough = true
    if (this.#enough || this.#options.fixed) return
    const rates = this.#rates
    const middle = median(rates)
    const { declined, mayBe } = this.#decline(middle)
    if (declined > 0) {
      const room = (this.#endMs - this.#windowStartMs) / this.#windowMs
      if (declined + room >= MIN_STABLE_WINDOWS) this.#rates = rates.slice(-declined)
      return
    }
    if (rates.length < MIN_WINDOWS || mayBe) return
    const deviation = Math.max(
      median(rates.map(rate => Math.abs(rate - middle))),
      (IP_DATAGRAM_BYTES * 8) / this.#windowMs,
    )
    const error = (MEDIAN_ERROR * deviation) / Math.sqrt(rates.length)
    this.#enough = error <= PRECISION * middle || middle - SURE_ERRORS * error >= this.#options.claimKbps
  }

  /**
   * How many of the last windows lie after a drop (0 if there was no drop), and whether the last window may be the
   * first after a drop. One low window is not a drop if the next window makes up for it: then the machine had paused.
   */
  #decline(middle: number): { declined: number; mayBe: boolean } {
    const rates = this.#rates
    if (rates.length < 2 * END_WINDOWS) return { declined: 0, mayBe: false }
    if (median(rates.slice(-END_WINDOWS)) < DECLINE * median(rates.slice(0, END_WINDOWS)))
      return { declined: END_WINDOWS, mayBe: false }
    const [before, last] = rates.slice(-2) as [number, number]
    const isLow = (rate: number): boolean => rate < DECLINE * middle
    if (isLow(before) && before + last < (1 + DECLINE) * middle) return { declined: 2, mayBe: false }
    return { declined: 0, mayBe: isLow(last) }
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
