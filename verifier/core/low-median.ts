/** Of readings that a minority may have made up: the middle one, and where there are two, the lower. */

/** @param readings at least one, in any order */
export function lowMedian(readings: readonly number[]): number {
  return rankedLow(readings, (readings.length - 1) >> 1)
}

/** The reading with `rank` others at or below it. */
export function rankedLow(readings: readonly number[], rank: number): number {
  return [...readings].sort((a, b) => a - b)[rank]!
}
