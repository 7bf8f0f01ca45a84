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

/** T after each of a provider's leaves (ascending by epoch), as a share. @param decayPerEpoch 2^(−epoch/half-life) */
export function throughputs(leaves: readonly Leaf[], decayPerEpoch: number): number[] {
  let throughput: number | undefined
  let previousEpoch = 0
  return leaves.map(leaf => {
    const decay = decayPerEpoch ** (leaf.epoch - previousEpoch)
    previousEpoch = leaf.epoch
    if (leaf.status === 0) throughput = throughput === undefined ? undefined : throughput * decay
    else {
      const sample = Math.min(1, leaf.rateKbps / leaf.claimKbps)
      throughput = throughput === undefined ? sample : throughput * decay + sample * (1 - decay)
    }
    return throughput ?? 0
  })
}

export const throughputOf = (leaf: Leaf): number => leaf.throughputQ32 / Q32

/** R of a leaf from its own T and U, exactly. */
export const scoreBps = (leaf: Leaf): number => Number((BigInt(leaf.throughputQ32) * BigInt(leaf.uptimeBps)) >> 32n)
