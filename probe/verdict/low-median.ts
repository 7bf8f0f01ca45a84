/** Of values that a minority may have made up: the middle one, and where there are two, the lower. */

/** @param values in any order. @returns undefined for none */
export const lowMedian = (values: readonly number[]): number | undefined => rankedLow(values, (values.length - 1) >> 1)

/** The value with `rank` others at or below it; undefined if there are not so many. */
export const rankedLow = (values: readonly number[], rank: number): number | undefined =>
  [...values].sort((a, b) => a - b)[rank]
