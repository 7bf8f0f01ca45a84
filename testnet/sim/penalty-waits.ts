/**
 * How long it takes until a provider is slashed, by the odds of a single window. Three breaches in the last five windows that
 * count make a penalty (verifier/core/scoring/breach.ts); a window that counts is a breach, or it certified a rate at or
 * above the slashing threshold.
 */

export interface WindowOdds {
  /** P(a window is a breach) */
  readonly breach: number
  /** P(it certifies a rate at or above the slashing threshold); all other windows count for nothing */
  readonly kept: number
}

const MASK = 0b11111
const PENALTY_AT = 3

const ones = (bits: number): number => bits.toString(2).replaceAll('0', '').length

/**
 * The expected number of windows from no breach to the penalty: the absorption time of a Markov chain over the last five
 * windows that count (J. Kemeny, J. Snell, Finite Markov Chains, 1960, theorem 3.3.5). With W(s) for the expected number of
 * windows from state s,
 *
 *   W(s) · (breach + kept) = 1 + breach · W(s·1) + kept · W(s·0),   and W = 0 from three breaches on,
 *
 * solved by Gauss's method for the 16 states of up to two breaches. Infinite if nothing is ever a breach.
 */
export function windowsToPenalty({ breach, kept }: WindowOdds): number {
  if (breach <= 0) return Number.POSITIVE_INFINITY
  const states = Array.from({ length: MASK + 1 }, (_, bits) => bits).filter(bits => ones(bits) < PENALTY_AT)
  const rows = states.map(bits => {
    const row = new Array<number>(states.length + 1).fill(0)
    row[states.indexOf(bits)]! += breach + kept
    const after = (bit: number) => states.indexOf(((bits << 1) | bit) & MASK)
    if (after(1) >= 0) row[after(1)]! -= breach
    row[after(0)]! -= kept
    row[states.length] = 1
    return row
  })
  return solved(rows)[0]!
}

/** By Gauss and Jordan, with the largest pivot. @param rows each with its right side at the end */
function solved(rows: readonly number[][]): number[] {
  const size = rows.length
  const left = rows.map(row => [...row])
  for (let column = 0; column < size; column++) {
    const pivot = left.reduce(
      (best, row, i) => (i >= column && Math.abs(row[column]!) > Math.abs(left[best]![column]!) ? i : best),
      column,
    )
    const chosen = left[pivot]!
    left[pivot] = left[column]!
    left[column] = chosen
    for (const [i, row] of left.entries()) {
      const factor = i === column ? 0 : row[column]! / chosen[column]!
      if (factor !== 0) for (let j = column; j <= size; j++) row[j]! -= factor * chosen[j]!
    }
  }
  return left.map((row, i) => row[size]! / row[i]!)
}
