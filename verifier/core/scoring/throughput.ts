/**
 * Throughput T: the mean of min(1, rate/claim) over a provider's windows, where the weight of a window halves with age.
 * T carries its weight: T = S/N, with S the decaying sum and N the decaying count, both in Q32. docs/adr/0023 has the
 * reasons, and docs/protocol/scoring.md the bounds.
 */
import { decayed, ONE_Q32 } from './decay.js'

export interface Throughput {
  readonly sumQ32: bigint
  /** the decayed count of the measured windows, with what is left of the prior's weight; at least `PRIOR.weightQ32` */
  readonly weightQ32: bigint
}

/**
 * What stands for the windows that nobody measured: half a window at rate 0. The rate is 0 because a higher one would pay
 * a provider that delivers less to stay unmeasured. The weight is half a window, so that one good window gives T = 0.69
 * (with a half-life of 8), and four give 0.91.
 */
export const PRIOR: Throughput = { sumQ32: 0n, weightQ32: ONE_Q32 / 2n }

/** The certified rate of a window, and the claim that it is held against. */
export interface MeasuredRate {
  readonly rateKbps: number
  readonly claimKbps: number
}

/**
 * The next S and N, where d is the decay of one window and w₀ the prior's weight:
 *
 *   measured at ratio r   S' = d·S + r    N' = d·N + 1
 *   unmeasured            S' = d²·S       N' = w₀ + d·(N − w₀)
 *
 * In an unmeasured window the evidence ages as always, and S decays once more: T falls by the factor d or a little more. To
 * an established provider that costs what a window at rate 0 costs, so nobody hides a bad window.
 */
export function nextThroughput(
  { sumQ32, weightQ32 }: Throughput,
  factorQ32: bigint,
  measured: MeasuredRate | undefined,
): Throughput {
  const sum = decayed(sumQ32, factorQ32)
  if (measured) return { sumQ32: sum + ratioQ32(measured), weightQ32: decayed(weightQ32, factorQ32) + ONE_Q32 }
  return {
    sumQ32: decayed(sum, factorQ32),
    weightQ32: PRIOR.weightQ32 + decayed(weightQ32 - PRIOR.weightQ32, factorQ32),
  }
}

/**
 * S and N once the claim is raised from c to c': T falls by c/c', and the shortfall N − S stays, but N is at least the
 * prior's weight. So T · claim stays as it was: else a provider could earn its throughput at a claim of 1 kbit/s, and be paid
 * for another claim. And a provider that kept its claim is still ahead of a newcomer, since its shortfall did not grow.
 * @param toKbps larger than `fromKbps`
 */
export function atLargerClaim({ sumQ32, weightQ32 }: Throughput, fromKbps: number, toKbps: number): Throughput {
  const [from, to] = [BigInt(fromKbps), BigInt(toKbps)]
  const missing = weightQ32 * to - sumQ32 * from
  const weight = ((weightQ32 - sumQ32) * weightQ32 * to) / missing
  const next = weight > PRIOR.weightQ32 ? weight : PRIOR.weightQ32
  return { sumQ32: (next * sumQ32 * from) / (weightQ32 * to), weightQ32: next }
}

/**
 * The decayed count of the measured windows: N without what is left of the prior. With C for this count and N∞ = 1/(1 − d)
 * for the most that it can be, the steps above keep N = C + w₀·(1 − C/N∞).
 */
export function evidenceQ32({ weightQ32 }: Throughput, factorQ32: bigint): bigint {
  const priorShare = decayed(PRIOR.weightQ32, ONE_Q32 - factorQ32)
  return ((weightQ32 - PRIOR.weightQ32) << 32n) / (ONE_Q32 - priorShare)
}

/** T in Q32, rounded down. */
export const throughputQ32 = ({ sumQ32, weightQ32 }: Throughput): bigint => (sumQ32 << 32n) / weightQ32

function ratioQ32({ rateKbps, claimKbps }: MeasuredRate): bigint {
  if (rateKbps >= claimKbps) return ONE_Q32
  return (BigInt(rateKbps) << 32n) / BigInt(claimKbps)
}
