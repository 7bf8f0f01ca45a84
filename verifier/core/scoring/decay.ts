/** The weight of old samples: 2^(−elapsed/half-life), in integers alone, so that every node gets the same bits. */

/** 2^32 stands for 1. */
export const ONE_Q32 = 1n << 32n

const ONE_Q64 = 1n << 64n
/** ln 2 · 2^64, rounded down. */
const LN2_Q64 = 12_786_308_645_202_655_659n
/** (ln 2)^k / k! falls under 2^−64 at the 21st term. */
const TERMS = 21n

/**
 * The whole half-lives are shifts; for the rest, r in [0, 1), 2^−r = Σ (−r·ln 2)^k / k!.
 * @param elapsedSeconds since the last sample, epochs without a report included
 */
export function decayQ32(elapsedSeconds: number, halfLifeSeconds: number): bigint {
  const elapsed = BigInt(elapsedSeconds)
  const halfLife = BigInt(halfLifeSeconds)
  const exponent = ((elapsed % halfLife) * LN2_Q64) / halfLife
  let term = ONE_Q64
  let sum = ONE_Q64
  for (let k = 1n; k <= TERMS; k++) {
    term = (-term * exponent) / (ONE_Q64 * k)
    sum += term
  }
  return sum >> (32n + elapsed / halfLife)
}

/** A count or share after decay, rounded down. */
export const decayed = (value: bigint, factorQ32: bigint): bigint => (value * factorQ32) >> 32n
