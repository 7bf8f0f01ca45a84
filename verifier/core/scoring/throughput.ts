/**
 * Throughput T: the exponentially weighted mean of min(1, rate/claim) over a provider's windows, in Q32. In an unmeasured
 * window T only decays: a provider that cannot be measured earns no standing.
 */
import { decayed, ONE_Q32 } from './decay.js'

/** T of a provider that was never measured. A measured T is at least 2^−32, so that the two differ. */
export const NEVER_MEASURED = 0n

/**
 * T' = T·d + ratio·(1 − d); the first measured window sets T.
 * @param factorQ32 d, the decay since the last report
 * @param rateKbps certified in this window; undefined if the provider was unmeasured
 */
export function nextThroughputQ32(
  previousQ32: bigint,
  factorQ32: bigint,
  rateKbps: number | undefined,
  claimKbps: number,
): bigint {
  if (rateKbps === undefined)
    return previousQ32 === NEVER_MEASURED ? NEVER_MEASURED : atLeastOne(decayed(previousQ32, factorQ32))
  const ratio = ratioQ32(rateKbps, claimKbps)
  if (previousQ32 === NEVER_MEASURED) return atLeastOne(ratio)
  return atLeastOne((previousQ32 * factorQ32 + ratio * (ONE_Q32 - factorQ32)) >> 32n)
}

function ratioQ32(rateKbps: number, claimKbps: number): bigint {
  if (rateKbps >= claimKbps) return ONE_Q32
  return (BigInt(rateKbps) << 32n) / BigInt(claimKbps)
}

const atLeastOne = (valueQ32: bigint): bigint => (valueQ32 > 0n ? valueQ32 : 1n)
