/**
 * Counting rules over a set of n, of which f = ⌊(n−1)/3⌋ may be Byzantine. The contracts use the same two comparisons.
 */

export const faultsTolerated = (n: number): number => Math.floor((n - 1) / 3)

/** More than two thirds. A certificate needs so many signatures, and a proposal so many seen lists. */
export const isSupermajority = (count: number, n: number): boolean => count * 3 > n * 2

/** More than one third: at least one of them is honest. */
export const hasHonest = (count: number, n: number): boolean => count * 3 > n
