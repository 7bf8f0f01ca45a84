/** The weight of old windows: 2^(−1/half-life) a window, in integers alone, so that every node gets the same bits. */

/** 2^32 stands for 1. */
export const ONE_Q32 = 1n << 32n

const ONE_Q64 = 1n << 64n
/** ln 2 · 2^64, rounded down. */
const LN2_Q64 = 12_786_308_645_202_655_659n
/** (ln 2)^k / k! falls under 2^−64 at the 21st term. */
const TERMS = 21n

/**
 * What one window leaves of the weight of those before it: 2^−r = Σ (−r·ln 2)^k / k! for r = 1/half-life.
 * @param halfLifeWindows at least 1
 */
export function decayQ32(halfLifeWindows: number): bigint {
  const known = factors.get(halfLifeWindows)
  if (known !== undefined) return known
  const factor = powerQ32(halfLifeWindows)
  factors.set(halfLifeWindows, factor)
  return factor
}

/** A network has one half-life, and asks for each of its providers. */
const factors = new Map<number, bigint>()

function powerQ32(halfLifeWindows: number): bigint {
  const exponent = LN2_Q64 / BigInt(halfLifeWindows)
  let term = ONE_Q64
  let sum = ONE_Q64
  for (let k = 1n; k <= TERMS; k++) {
    term = (-term * exponent) / (ONE_Q64 * k)
    sum += term
  }
  return sum >> 32n
}

/** A count or sum after decay, rounded down. */
export const decayed = (value: bigint, factorQ32: bigint): bigint => (value * factorQ32) >> 32n
