/**
 * Turns arrivals into a rate: windows after a discard, their median, and a stop rule (DESIGN section 4).
 *
 * A window's rate is its bytes over the time from the last arrival before it to its own last arrival. Between two
 * arrivals no time is left out, so neither bursts nor pauses make a rate that never was (bytes between a window's own
 * first and last arrival would read a relay that is silent half of each window at twice its rate).
 *
 * An ordinary session ends when the reading is precise, or a second after the discard; if the reading is low it goes on
 * for as long as the evidence that a low vote needs is short: control datagrams, and windows where a restart left few. A
 * turn of a soak and a direct probe take a fixed time.
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
/** The discard counts from the first arrival, or from here: who sends nothing for long has windows at zero, not fewer. */
const FIRST_ARRIVAL_MS = 150
const FIRST_ARRIVAL_RTTS = 2
/**
 * Most that a reading should cost, at the claim. From some 400 Mbit/s on it shortens the discard of a long round trip, and
 * then what is measured: fast links have thousands of datagrams in each window.
 */
const DATA_BYTES = 80_000_000
/** From the last window to the last arrival: the halt has to travel to the senders, and what they sent meanwhile arrives. */
const HALT_RTTS = 1
const HALT_MS = 50
const MIN_WINDOWS = 8
/** Fewer give no reading: with a restart there must be room for as many. */
export const MIN_STABLE_WINDOWS = 4
const PRECISION = 0.01
/** Standard error of a median over normal readings, from the median absolute deviation: √(π/2) and 1/Φ⁻¹(3/4). */
const MEDIAN_ERROR = 1.2533 * 1.4826
const DECLINE = 0.9
/** Windows that are compared at either end, to see a decline. */
const END_WINDOWS = 3
/**
 * A fixed span's reading is at most this much above the mean of its windows. By the median alone a relay that pauses for 45
 * of every 100 windows would read as one that never does, however long it is. An ordinary session is too short to
 * tell that from the machine's own pauses.
 */
const ABOVE_MEAN = 1.05
/** A median this many standard errors above the claim: more precision would be cut off by min(…, claim). */
const SURE_ERRORS = 3

export interface EstimatorOptions {
  readonly claimKbps: number
  /** the slashing threshold: a reading under it is low */
  readonly thresholdKbps: number
  /** of the direct path */
  readonly rttMs: number
  /** instead of the stop rule: so much is discarded from the first arrival on, and so much measured */
  readonly fixed?: FixedSpan | undefined
}

export interface FixedSpan {
  readonly discardMs: number
  readonly measureMs: number
  /** the first arrival is awaited so long instead of a round trip or two */
  readonly waitMs?: number
  /** windows are no longer than this */
  readonly windowMs?: number
}

const discardOf = (rttMs: number, leastMs: number): number =>
  Math.min(MAX_DISCARD_MS, Math.max(leastMs, DISCARD_RTTS * rttMs))

/**
 * Of receivers that measure at once: no stop rule, so that their spans overlap, and a discard that is longer than their
 * clocks differ.
 */
export const groupSpan = (rttMs: number): FixedSpan => ({
  discardMs: discardOf(rttMs, GROUP_DISCARD_MS),
  measureMs: MEASURE_MS,
})

export interface Estimate {
  /** median of the windows; of a fixed span at most 1.05 of their mean; kbit/s at the IP layer */
  readonly rateKbps: number
  readonly windows: number
  /** what the windows span, on the clock that `push` was given */
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
  /** last arrival before the window, and last of all */
  #previousMs: number
  #lastMs: number
  #anyArrival = false
  /** precise enough, or no whole window fits into the time that is left */
  #enough = false
  #done = false

  /** @param startMs when the senders were told to start */
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

  /** An arrival. Times never go back. */
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

  /** Closes the windows that have passed, also those without an arrival. */
  advance(nowMs: number): void {
    while (!this.#enough && nowMs >= this.#windowStartMs + this.#windowMs) this.#closeWindow()
  }

  /**
   * Whether enough was seen, or there is no more time. Once it was, it stays so.
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

  /** What is discarded and most that is measured, of an ordinary session. */
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

  /** @param beginMs the first arrival, or when it should have come */
  #begin(beginMs: number): void {
    this.#windowStartMs = beginMs + this.#discardMs
    this.#endMs = this.#windowStartMs + this.#measureMs
    this.#latestMs = beginMs + LONGEST_MEASURE_MS
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
   * How many of the last windows lie after a drop, 0 if there was none; and whether the very last may be the first of
   * them. One low window is no drop if the next makes up for it: the machine had paused.
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
