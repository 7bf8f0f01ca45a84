/** The low median of values that a minority may have invented: the middle value, or the lower of two middle values. */

/** @param values in any order. @returns undefined if there are no values */
export const lowMedian = (values: readonly number[]): number | undefined => rankedLow(values, (values.length - 1) >> 1)

/** The value at position `rank` in ascending order, from 0; undefined if there are too few values. */
export const rankedLow = (values: readonly number[], rank: number): number | undefined =>
  [...values].sort((a, b) => a - b)[rank]
