/** What the testnet holds a cheat to: it gains next to nothing, or is caught. */
import { STATUS } from '../../../proto/leaf.js'
import type { ProviderHistory } from '../profile.js'

/** A certified rate may be this much above what is delivered. */
export const INFLATION = 0.05
/** Reports from which on a cheat has had time to be caught: three breaches in five windows, after a full bucket ran dry. */
const REPORTS_TO_JUDGE = 6

/** Inflated by at most 5 %, or below the slashing threshold in some window. A run too short to show a breach asks nothing. */
export function caught({ leaves, deliversKbps }: ProviderHistory): string[] {
  const mostKbps = Math.floor(deliversKbps * (1 + INFLATION))
  const inflated = leaves.filter(leaf => leaf.status === STATUS.measured && leaf.rateKbps > mostKbps)
  const breached = leaves.some(leaf => leaf.breachBits !== 0 || leaf.penaltyBps !== 0)
  if (inflated.length === 0 || breached || leaves.length < REPORTS_TO_JUDGE) return []
  const highest = Math.max(...inflated.map(leaf => leaf.rateKbps))
  return [`passes for ${highest} kbit/s where it delivers ${deliversKbps}, and was never below the slashing threshold`]
}
