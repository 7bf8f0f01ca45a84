/**
 * What a provider earns points for: its score times the rate that it delivers, at most its claim. The points of two
 * providers that share one claim, one line and one stake add up to those of one, so a crowd of small providers earns what
 * one large provider earns.
 */
import type { Hex } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'

/** From this share of the claim on, a provider is paid for the rate that it delivers. Below, the pay falls to nothing. */
export const REDUCE_BPS = 8_000
const FULL_BPS = 10_000

export interface ProviderWork {
  readonly account: Hex
  readonly scoreBps: number
  /** that is paid, kbit/s */
  readonly paidKbps: number
  readonly claimKbps: number
}

export const providerWork = (leaf: Leaf, params: Pick<NetworkParams, 'breachBps'>): ProviderWork => ({
  account: leaf.provider,
  scoreBps: leaf.scoreBps,
  paidKbps: paidKbps(leaf, params),
  claimKbps: leaf.claimKbps,
})

/** scoreBps · kbit/s */
export const pointsOf = ({ scoreBps, paidKbps }: ProviderWork): bigint => BigInt(scoreBps) * BigInt(paidKbps)

/** What a provider of this claim can earn at most. */
export const mostPointsOf = ({ claimKbps }: ProviderWork): bigint => BigInt(FULL_BPS) * BigInt(claimKbps)

/**
 * Of the certified rate, all from `REDUCE_BPS` of the claim on, and nothing at the slashing threshold; linear in between.
 * Nothing of a provider that nobody measured, or that serves nothing.
 */
function paidKbps({ status, rateKbps, claimKbps }: Leaf, { breachBps }: Pick<NetworkParams, 'breachBps'>): number {
  if (status !== STATUS.measured) return 0
  const [rate, claim] = [BigInt(Math.min(rateKbps, claimKbps)), BigInt(claimKbps)]
  const above = rate * BigInt(FULL_BPS) - claim * BigInt(breachBps)
  const range = claim * BigInt(REDUCE_BPS - breachBps)
  if (above <= 0n) return 0
  return Number(above >= range ? rate : (rate * above) / range)
}
