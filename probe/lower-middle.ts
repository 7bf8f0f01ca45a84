/** The value in the middle, the lower of two: a minority of made-up ones does not move it. Undefined for none. */
export const lowerMiddle = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]
