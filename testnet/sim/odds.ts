/**
 * Tails of the two distributions of a draw of verifiers: binomial if the set is large compared with the draw, otherwise
 * hypergeometric. Exact sums of logarithms; no approximation.
 */

/** ln Γ at whole numbers: ln((n−1)!), summed once. */
const LOG_FACTORIAL: number[] = [0]

function logFactorial(n: number): number {
  for (let i = LOG_FACTORIAL.length; i <= n; i++) LOG_FACTORIAL.push(LOG_FACTORIAL[i - 1]! + Math.log(i))
  return LOG_FACTORIAL[n]!
}

/** C(n, k); 0 outside 0 ≤ k ≤ n. */
const logChoose = (n: number, k: number): number =>
  k < 0 || k > n ? Number.NEGATIVE_INFINITY : logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** P(X = hits) for `draws` independent draws, each a hit with probability `chance`. */
export function binomial(draws: number, chance: number, hits: number): number {
  if (chance <= 0) return hits === 0 ? 1 : 0
  if (chance >= 1) return hits === draws ? 1 : 0
  return Math.exp(logChoose(draws, hits) + hits * Math.log(chance) + (draws - hits) * Math.log1p(-chance))
}

/** P(X = hits) for `draws` without replacement from `size` items, `marked` of which are hits. */
export const hypergeometric = (size: number, marked: number, draws: number, hits: number): number =>
  Math.exp(logChoose(marked, hits) + logChoose(size - marked, draws - hits) - logChoose(size, draws))

/** P(X ≥ least), from the probability of each whole number up to `most`. */
export function tail(least: number, most: number, probability: (hits: number) => number): number {
  let sum = 0
  for (let hits = Math.max(0, least); hits <= most; hits++) sum += probability(hits)
  return Math.min(1, sum)
}

/**
 * The largest chance that is compatible with `events` in `trials` at 95 %: the upper end of the interval of Clopper and
 * Pearson (1934), by bisection. 0 of 200 gives 1.5 %.
 */
export function upperChance(events: number, trials: number): number {
  if (events >= trials) return 1
  let [low, high] = [events / trials, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    const atMost = 1 - tail(events + 1, trials, hits => binomial(trials, middle, hits))
    if (atMost > 0.05) low = middle
    else high = middle
  }
  return high
}
