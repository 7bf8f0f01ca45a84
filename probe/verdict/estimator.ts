/**
 * Turns arrivals into a rate: windows after a discard, their median, and a stop rule (docs/protocol/session.md, "The
 * reading").
 *
 * A window's rate is its bytes over the time from the last arrival before it to its own last arrival. The times of all
 * windows join without a gap, so neither bursts nor pauses raise the rate. (From a window's own first arrival to its
 * last, a relay that is silent for half of each window would seem twice as fast.)
 *
 * An ordinary session ends when the reading is precise, or a second after the discard. A low median goes on, within its
 * time, until it is beyond doubt: the mean since the discard is low too, nothing rises any more, a competing flow had
 * the time to yield, and the evidence that a low vote needs is there. A turn of a soak, a group and a direct probe take
 * a fixed time.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import {
  FIRST_ARRIVAL_MS,
  longestMeasureMs,
  MAX_DISCARD_MS,
  MIN_DISCARD_MS,
  MIN_WINDOWS,
  STOP_MARGIN_MS,
  windowMsOf,
} from '../constants.js'
import { decline, isRising, median, rise } from './rates.js'
import { discardOf, type FixedSpan, MEASURE_MS } from './spans.js'

/**
 * Most bytes that a reading should cost, at the claim. From some 400 Mbit/s on this limit shortens the discard of a
 * long round trip, and then the measurement. Fast links have thousands of datagrams in each window, so they need less
 * time.
 */
const DATA_BYTES = 80_000_000
/** From the last window to the last arrival: the halt travels to the senders, and data that is on its way arrives. */
const HALT_RTTS = 1
const HALT_MS = 50
/** Fewer windows give no reading. A restart must leave room for as many. */
export const MIN_STABLE_WINDOWS = 4
const PRECISION = 0.01
/** Standard error of a median over normal readings, from the median absolute deviation: √(π/2) and 1/Φ⁻¹(3/4). */
const MEDIAN_ERROR = 1.2533 * 1.4826
/**
 * The median counts up to this factor times the mean since the discard, in a fixed span and once a reading was low. By
 * the median alone, a relay that pauses for 45 of every 100 windows would seem never to pause, and one that saves up
 * credit while it pauses would seem to have recovered. The first second of an ordinary session is too short to
 * distinguish such a relay from the machine's own pauses.
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
  /** a low reading is measured for at least so long after the discard: a competing flow yields meanwhile */
  readonly yieldMs: number
  /** the senders send together for so long (default: as long as the session needs) */
  readonly flowMs?: number | undefined
  /** replaces the stop rule: times to discard and to measure, from the first arrival on */
  readonly fixed?: FixedSpan | undefined
}

/** Times on the clock of `push`. Rates in kbit/s at the IP layer. */
export interface Estimate {
  /**
   * median of the windows since the last change, at most 1.05 times the mean where that applies; the mean since the
   * discard if only the median is below the slashing threshold
   */
  readonly rateKbps: number
  readonly windows: number
  /** the windows that the rate stands for */
  readonly fromMs: number
  readonly toMs: number
}

export class Estimator {
  readonly #options: EstimatorOptions
  readonly #windowMs: number
  readonly #discardMs: number
  readonly #measureMs: number
  /** of the windows since the last change */
  #rates: number[] = []
  /** bytes of all windows since the discard, and the time in which they arrived */
  readonly #volumes: number[] = []
  #volumesFromMs = 0
  #volumesToMs = 0
  #sinceMs = 0
  #windowStartMs = 0
  #endMs = 0
  #latestMs = 0
  #windowBytes = 0
  /** last arrival before the window, and last arrival of all */
  #previousMs: number
  #lastMs: number
  #anyArrival = false
  /** the reading was low at the end of its ordinary time, or it rose */
  #wasLow = false
  /** the reading is precise enough, or the time that is left has no room for a whole window */
  #enough = false
  #done = false

  /** @param startMs when the receiver told the senders to start */
  constructor(startMs: number, options: EstimatorOptions) {
    const { claimKbps, fixed } = options
    this.#options = options
    const windowMs = windowMsOf(claimKbps)
    this.#windowMs = Math.min(windowMs, fixed?.windowMs ?? windowMs)
    const { discardMs, measureMs } = fixed ?? this.#span()
    this.#discardMs = discardMs
    this.#measureMs = measureMs
    this.#begin(startMs + (fixed?.waitMs ?? FIRST_ARRIVAL_MS))
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

  /** End of the discard, on the clock of `push`. Before the first arrival, the latest time at which it may end. */
  get sinceMs(): number {
    return this.#sinceMs
  }

  /** Mean rate since the discard. Like those of the windows, its time runs from one arrival to another. */
  get meanKbps(): number {
    const bytes = this.#volumes.reduce((sum, volume) => sum + volume, 0)
    return bytes === 0 ? 0 : (bytes * 8) / (this.#volumesToMs - this.#volumesFromMs)
  }

  /** Whether an ordinary session ended because nothing at all arrived. Nothing may count any more. */
  get isSilent(): boolean {
    return this.#done && !this.#anyArrival && !this.#options.fixed
  }

  /**
   * Whether the estimator has seen enough, or has no more time. Once true, the answer stays true.
   * @param hasControl whether the control datagrams suffice for a low vote
   * @param surely the part of a rate that counts even if the data of f' senders proves to be spoiled (default: all of it)
   */
  isDone(nowMs: number, hasControl: boolean, surely: (kbps: number) => number = kbps => kbps): boolean {
    if (this.#done) return true
    if (!this.#anyArrival && !this.#options.fixed) {
      this.#done = nowMs >= this.#sinceMs
      return this.#done
    }
    this.advance(nowMs)
    while (this.#enough && this.#goesOn(hasControl, surely)) {
      this.#wasLow = true
      this.#enough = false
      this.#endMs = Math.max(this.#endMs, this.#windowStartMs + this.#windowMs)
      this.advance(nowMs)
    }
    this.#done = this.#enough
    return this.#done
  }

  result(): Estimate {
    const middle = this.#middle()
    const mean = this.meanKbps
    const { thresholdKbps } = this.#options
    const isMean = middle < thresholdKbps && mean >= thresholdKbps
    const windows = isMean ? this.#volumes.length : this.#rates.length
    const toMs = this.#windowStartMs
    return {
      rateKbps: isMean ? mean : middle,
      windows,
      fromMs: Math.max(this.#sinceMs, toMs - windows * this.#windowMs),
      toMs,
    }
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

  /** Whether a reading that has seen enough is in doubt, and there is time for another window. */
  #goesOn(hasControl: boolean, surely: (kbps: number) => number): boolean {
    const { fixed, thresholdKbps, yieldMs } = this.#options
    if (fixed || this.#windowStartMs + this.#windowMs > this.#latestMs) return false
    const isLong = this.#windowStartMs - this.#sinceMs >= yieldMs
    if (surely(this.#middle()) >= thresholdKbps) return this.#wasLow && !isLong
    return (
      !isLong ||
      !hasControl ||
      this.#rates.length < MIN_WINDOWS ||
      surely(this.meanKbps) >= thresholdKbps ||
      isRising(this.#volumes)
    )
  }

  #middle(): number {
    const middle = median(this.#rates)
    return this.#options.fixed || this.#wasLow ? Math.min(middle, ABOVE_MEAN * this.meanKbps) : middle
  }

  /** @param beginMs time of the first arrival, or the latest time at which it was due */
  #begin(beginMs: number): void {
    this.#sinceMs = beginMs + this.#discardMs
    this.#windowStartMs = this.#sinceMs
    this.#endMs = this.#sinceMs + this.#measureMs
    const { yieldMs, flowMs = Number.POSITIVE_INFINITY } = this.#options
    this.#latestMs = beginMs + Math.min(longestMeasureMs(yieldMs), flowMs - STOP_MARGIN_MS)
  }

  #closeWindow(): void {
    if (this.#volumes.length === 0) this.#volumesFromMs = this.#previousMs
    this.#volumes.push(this.#windowBytes)
    this.#volumesToMs = this.#windowStartMs + this.#windowMs
    if (this.#windowBytes === 0) {
      this.#rates.push(0)
    } else {
      // At least half a window: two arrivals in quick succession, followed by silence, are not a high rate.
      const elapsedMs = Math.max(this.#lastMs - this.#previousMs, this.#windowMs / 2)
      this.#rates.push((this.#windowBytes * 8) / elapsedMs)
      this.#previousMs = this.#lastMs
      this.#volumesToMs = this.#lastMs
    }
    this.#windowBytes = 0
    this.#windowStartMs += this.#windowMs
    this.#judge()
  }

  #judge(): void {
    if (this.#windowStartMs + this.#windowMs > this.#endMs) this.#enough = true
    if (this.#enough || this.#options.fixed) return
    const { declined, mayBe } = decline(this.#rates)
    const risen = median(this.#rates) < this.#options.thresholdKbps ? rise(this.#rates) : 0
    if (risen > 0) this.#wasLow = true
    if (declined + risen > 0) {
      this.#restart(declined || risen)
      return
    }
    if (this.#rates.length < MIN_WINDOWS || mayBe) return
    const middle = this.#middle()
    const deviation = Math.max(
      median(this.#rates.map(rate => Math.abs(rate - middle))),
      (IP_DATAGRAM_BYTES * 8) / this.#windowMs,
    )
    const error = (MEDIAN_ERROR * deviation) / Math.sqrt(this.#rates.length)
    this.#enough = error <= PRECISION * middle || middle - SURE_ERRORS * error >= this.#options.claimKbps
  }

  /** Begins anew with the windows after a change, if there is room for as many as a reading needs. */
  #restart(windows: number): void {
    const room = ((this.#wasLow ? this.#latestMs : this.#endMs) - this.#windowStartMs) / this.#windowMs
    if (windows + room >= MIN_STABLE_WINDOWS) this.#rates = this.#rates.slice(-windows)
  }
}
