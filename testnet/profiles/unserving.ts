/** Providers that serve nobody. Refusing must not be safer than failing: both get the rate zero, and both are slashed. */
import { STATUS } from '../../proto/leaf.js'
import { measuredMostly, slashedInTime } from './checks.js'
import { unserving } from './forwarding/unserving.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

/** Heartbeats alone keep the uptime well above this, from the second report on. */
const REFUSER_UPTIME_BPS = 5000

export const refuser: ProviderProfile = {
  describe: 'answers heartbeats and refuses sessions',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: true }),
  broken: history => [...broken(history), ...answersHeartbeats(history)],
}

export const dead: ProviderProfile = {
  describe: 'takes sessions and forwards nothing',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: false }),
  broken,
}

function broken(history: ProviderHistory): string[] {
  const passed = history.leaves
    .filter(leaf => leaf.status === STATUS.measured)
    .map(leaf => `counts as serving in epoch ${leaf.epoch}, at ${leaf.rateKbps} kbit/s`)
  return [...passed, ...measuredMostly(history), ...slashedInTime(history)]
}

function answersHeartbeats({ leaves }: ProviderHistory): string[] {
  const last = leaves.at(-1)
  if (leaves.length < 2 || last!.uptimeBps >= REFUSER_UPTIME_BPS) return []
  return [`has an uptime of ${last!.uptimeBps} basis points, although it answers heartbeats`]
}
