/** The published score R = T·U, and the tier, which U alone decides. */

/** Lowest uptime of tiers 1, 2 and 3, in basis points of the Wilson lower bound; below the first is tier 0. */
export const TIER_UPTIME_BPS = [9_000, 9_500, 9_900] as const

/** R in basis points, rounded down. */
export const scoreBps = (throughputQ32: bigint, uptimeBps: number): number =>
  Number((throughputQ32 * BigInt(uptimeBps)) >> 32n)

export const tierOf = (uptimeBps: number): number => TIER_UPTIME_BPS.filter(least => uptimeBps >= least).length
