/** The slashing threshold: a share of the claim. Rates are compared with it without rounding. */

/** Whether a rate lies below `breachBps` of the claim. A rate exactly at the threshold is not below it. */
export const isBelowThreshold = (rateKbps: number, claimKbps: number, breachBps: number): boolean =>
  BigInt(rateKbps) * 10_000n < BigInt(breachBps) * BigInt(claimKbps)
