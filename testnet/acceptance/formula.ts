/**
 * The score's formulas once more, in floating point and straight from the specification. A leaf must agree with them,
 * although this file shares nothing with the code that made the leaf.
 */
import type { Leaf } from '../../proto/leaf.js'

const Z = 1.645
const Q16 = 2 ** 16
const Q32 = 2 ** 32

/** Wilson lower bound of `up` successes in `total`, as a share. */
export function wilson(up: number, total: number): number {
  if (total === 0) return 0
  const p = up / total
  const z2 = Z * Z
  const centre = p + z2 / (2 * total)
  const spread = Z * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total * total))
  return Math.max(0, (centre - spread) / (1 + z2 / total))
}

/** U of a leaf in basis points, by the formula, not rounded. */
export const uptimeBps = (leaf: Leaf): number => wilson(leaf.ticksUpQ16 / Q16, leaf.ticksTotalQ16 / Q16) * 10_000

/** The prior: half a window at rate 0. */
const PRIOR_WEIGHT = 0.5

/** T after each of a provider's leaves (ascending by epoch), as a share. @param decay of one window: 2^(−1/half-life) */
export function throughputs(leaves: readonly Leaf[], decay: number): number[] {
  let sum = 0
  let weight = PRIOR_WEIGHT
  let claim = 0
  return leaves.map(leaf => {
    if (claim !== 0 && leaf.claimKbps > claim) {
      // T falls by the ratio of the claims, and the shortfall stays, but the weight is at least the prior's.
      const mean = (sum / weight) * (claim / leaf.claimKbps)
      weight = Math.max(PRIOR_WEIGHT, (weight - sum) / (1 - mean))
      sum = weight * mean
    }
    claim = leaf.claimKbps
    if (leaf.status === 0) {
      sum *= decay ** 2
      weight = PRIOR_WEIGHT + decay * (weight - PRIOR_WEIGHT)
    } else {
      sum = sum * decay + Math.min(1, leaf.rateKbps / leaf.claimKbps)
      weight = weight * decay + 1
    }
    return sum / weight
  })
}

export const throughputOf = (leaf: Leaf): number => leaf.throughputQ32 / Q32

/** R of a leaf from its own T and U, exactly. */
export const scoreBps = (leaf: Leaf): number => Number((BigInt(leaf.throughputQ32) * BigInt(leaf.uptimeBps)) >> 32n)
