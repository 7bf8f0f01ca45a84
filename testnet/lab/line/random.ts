/** Seeded randomness for models. */

/** Numbers in [0, 1) */
export type Random = () => number

/** The same numbers for the same seed (SplitMix32, after Steele, Lea and Flood, OOPSLA 2014). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

export const uniform = (random: Random, from: number, to: number): number => from + random() * (to - from)

export const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean
