import { createHash } from 'node:crypto'
import { type Forwarding, REFUSE } from '../../probe/forwarding.js'
import type { ForwardingOptions, ProviderHistory, ProviderProfile } from './profile.js'

/** Outages come in whole blocks of this length, one block in five. */
const BLOCK_MS = 1000
const BLOCKS_AN_OUTAGE = 5
/** What three reports and more must show: the Wilson bound is well under 0.8 for so few ticks, and never near 1. */
const UPTIME_BPS = { lowest: 5000, highest: 9700 }
const REPORTS_TO_JUDGE = 3

export const flaky: ProviderProfile = {
  describe: 'is up about 80 % of the time',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  forwarding,
  broken: uptimeInBetween,
}

function forwarding({ seed }: ForwardingOptions): Forwarding {
  const isUp = (nowMs: number) => {
    const draw = createHash('sha256')
      .update(`${seed}/${Math.floor(nowMs / BLOCK_MS)}`)
      .digest()
      .readUInt32BE()
    return draw % BLOCKS_AN_OUTAGE !== 0
  }
  return {
    admit: (_open, nowMs) => isUp(nowMs) || REFUSE.notServing,
    forward: (_datagram, nowMs) => isUp(nowMs),
  }
}

function uptimeInBetween({ leaves }: ProviderHistory): string[] {
  const last = leaves.at(-1)
  if (!last || leaves.length < REPORTS_TO_JUDGE) return []
  if (last.uptimeBps >= UPTIME_BPS.lowest && last.uptimeBps <= UPTIME_BPS.highest) return []
  return [`has an uptime of ${last.uptimeBps} basis points, not between ${UPTIME_BPS.lowest} and ${UPTIME_BPS.highest}`]
}
