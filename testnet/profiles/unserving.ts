/** Providers that serve nobody. Refusing must not be safer than failing: both get the rate zero, and both are slashed. */
import { STATUS } from '../../proto/leaf.js'
import { measuredMostly, slashedInTime } from './checks.js'
import { unserving } from './forwarding/unserving.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

export const refuser: ProviderProfile = {
  describe: 'refuses every session, those of heartbeats among them',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: true }),
  broken,
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
