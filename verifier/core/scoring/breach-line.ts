/** The slashing line: a share of the claim, compared without rounding. */

/** Whether a rate lies under `breachBps` of the claim. Exactly on the line is not under it. */
export const isUnderLine = (rateKbps: number, claimKbps: number, breachBps: number): boolean =>
  BigInt(rateKbps) * 10_000n < BigInt(breachBps) * BigInt(claimKbps)
