/** Quantile by the nearest rank; for an even count the median is the mean of the middle two. NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = share * sorted.length
  const value = sorted[Math.max(0, Math.ceil(rank) - 1)] ?? Number.NaN
  return share === 0.5 && Number.isInteger(rank) ? (value + (sorted[rank] ?? Number.NaN)) / 2 : value
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)
