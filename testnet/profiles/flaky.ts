import { upAndDown } from './forwarding/up-and-down.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

/** The uptime after three reports or more: for so few ticks the Wilson bound is well under 0.8, and never near 1. */
const UPTIME_BPS = { lowest: 5000, highest: 9700 }
const REPORTS_TO_JUDGE = 3

export const flaky: ProviderProfile = {
  describe: 'is up about 80 % of the time',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  forwarding: upAndDown,
  broken: uptimeInBetween,
  untested: ({ leaves }) => (leaves.length < REPORTS_TO_JUDGE ? ['was not measured for long enough'] : []),
}

function uptimeInBetween({ leaves }: ProviderHistory): string[] {
  const last = leaves.at(-1)
  if (!last || leaves.length < REPORTS_TO_JUDGE) return []
  if (last.uptimeBps >= UPTIME_BPS.lowest && last.uptimeBps <= UPTIME_BPS.highest) return []
  return [`has an uptime of ${last.uptimeBps} basis points, outside ${UPTIME_BPS.lowest} to ${UPTIME_BPS.highest}`]
}
