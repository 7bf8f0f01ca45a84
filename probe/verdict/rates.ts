/** What a row of window rates shows: its median, and whether the rate changed on the way. Pure. */

const CHANGE = 0.9
/** To detect a change, the estimator compares so many windows at either end. */
const END_WINDOWS = 3
/** A low reading still rises if its last quarter carried this much more than the whole. */
const RISING_PART = 0.25

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/**
 * How many of the last windows lie after a drop (0 if there was no drop), and whether the last window may be the first
 * after a drop. One low window is not a drop if the next window makes up for it: then the machine had paused.
 */
export function decline(rates: readonly number[]): { readonly declined: number; readonly mayBe: boolean } {
  if (rates.length < 2 * END_WINDOWS) return { declined: 0, mayBe: false }
  const { first, last } = ends(rates)
  if (last < CHANGE * first) return { declined: END_WINDOWS, mayBe: false }
  const middle = median(rates)
  const [before, latest] = rates.slice(-2) as [number, number]
  const isLow = (rate: number): boolean => rate < CHANGE * middle
  if (isLow(before) && before + latest < (1 + CHANGE) * middle) return { declined: 2, mayBe: false }
  return { declined: 0, mayBe: isLow(latest) }
}

/** How many of the last windows lie after a rise; 0 if there was no rise. */
export function rise(rates: readonly number[]): number {
  if (rates.length < 2 * END_WINDOWS) return 0
  const { first, last } = ends(rates)
  return first < CHANGE * last ? END_WINDOWS : 0
}

const ends = (rates: readonly number[]): { readonly first: number; readonly last: number } => ({
  first: median(rates.slice(0, END_WINDOWS)),
  last: median(rates.slice(-END_WINDOWS)),
})

/** Whether the last quarter of the windows carried more than the mean of all. @param volumes bytes of each window */
export function isRising(volumes: readonly number[]): boolean {
  const last = volumes.slice(-Math.max(1, Math.round(RISING_PART * volumes.length)))
  return mean(volumes) < CHANGE * mean(last)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
