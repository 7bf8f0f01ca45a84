/** How fast a link serves its queue: a rate that changes in steps. */
import { exponential, type Random, uniform } from './random.js'

/** One rate and how long it lasts. */
export interface Step {
  readonly kbps: number
  readonly ms: number
}

export class Rate {
  readonly #next: () => Step
  #kbps = 0
  #untilMs: number | undefined

  /** @param next draws the steps one after another, from the first use on */
  constructor(next: () => Step) {
    this.#next = next
  }

  /** When the last of so many bits has left, if the first one leaves at `startMs`. @param startMs never decreases */
  finishMs(startMs: number, bits: number): number {
    let fromMs = startMs
    for (let left = bits; ; ) {
      const untilMs = this.#reach(fromMs)
      const fits = (untilMs - fromMs) * this.#kbps
      if (left <= fits) return fromMs + left / this.#kbps
      left -= fits
      fromMs = untilMs
    }
  }

  /** @returns the end of the step at `ms` */
  #reach(ms: number): number {
    this.#untilMs ??= ms
    while (this.#untilMs <= ms) {
      const { kbps, ms: length } = this.#next()
      this.#kbps = kbps
      this.#untilMs += length
    }
    return this.#untilMs
  }
}

export const steady = (kbps: number): Rate => new Rate(() => ({ kbps, ms: Number.MAX_SAFE_INTEGER }))

export interface CellularOptions {
  readonly meanKbps: number
  /** from the mean, up and down */
  readonly swing: number
  readonly stepMs: readonly [shortest: number, longest: number]
}

/** A cell of a mobile network: each step has a rate of its own, evenly distributed. The first step is under way. */
export function cellular({ meanKbps, swing, stepMs }: CellularOptions, random: Random): Rate {
  let isFirst = true
  return new Rate(() => {
    const length = uniform(random, ...stepMs)
    const ms = isFirst ? Math.max(1, random() * length) : length
    isFirst = false
    return { kbps: meanKbps * uniform(random, 1 - swing, 1 + swing), ms }
  })
}

export interface StallsOptions {
  readonly kbps: number
  /** mean time from the end of a stall to the next stall */
  readonly gapMs: number
  readonly stallMs: readonly [shortest: number, longest: number]
}

/** Wi-Fi that stands still at times, while a neighbour's network or a weak station takes the air. */
export function stalls({ kbps, gapMs, stallMs }: StallsOptions, random: Random): Rate {
  let isStill = true
  return new Rate(() => {
    isStill = !isStill
    return isStill ? { kbps: 0, ms: uniform(random, ...stallMs) } : { kbps, ms: exponential(random, gapMs) }
  })
}

/** A rate that is low, and high for a moment: both ends of the cycle that a provider may choose. */
export function pulses(low: Step, high: Step, random: Random): Rate {
  let isHigh = random() < high.ms / (low.ms + high.ms)
  let isFirst = true
  return new Rate(() => {
    const { kbps, ms } = isHigh ? high : low
    isHigh = !isHigh
    const part = isFirst ? 1 - random() : 1
    isFirst = false
    return { kbps, ms: part * ms }
  })
}
