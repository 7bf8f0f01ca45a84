/** The testnet's check of a cheat: it must gain next to nothing, or be caught. */
import { STATUS } from '../../../proto/leaf.js'
import type { ProviderHistory } from '../profile.js'

/** How far a certified rate may lie above the delivered rate. */
export const INFLATION = 0.05
/** Reports that give time to catch a cheat: three breaches in five windows, after a full bucket was emptied. */
const REPORTS_TO_JUDGE = 6

/** Inflated by at most 5 %, or below the slashing threshold in some window. A run too short to show a breach is not checked. */
export function caught({ leaves, deliversKbps }: ProviderHistory): string[] {
  const mostKbps = Math.floor(deliversKbps * (1 + INFLATION))
  const inflated = leaves.filter(leaf => leaf.status === STATUS.measured && leaf.rateKbps > mostKbps)
  const breached = leaves.some(leaf => leaf.breachBits !== 0 || leaf.penaltyBps !== 0)
  if (inflated.length === 0 || breached || leaves.length < REPORTS_TO_JUDGE) return []
  const highest = Math.max(...inflated.map(leaf => leaf.rateKbps))
  return [
    `was certified at up to ${highest} kbit/s while it delivers ${deliversKbps}, and was never below the slashing threshold`,
  ]
}
