/** Providers that serve nobody. Refusing must not be safer than failing: both have the rate zero, and are slashed. */
import { REFUSE } from '../../probe/forwarding.js'
import { STATUS } from '../../proto/leaf.js'
import { measuredMostly, slashedInTime } from './checks.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

/** A heartbeat's whole budget is far below this, a data session's far above: that is how a refuser tells them apart. */
const LARGEST_HEARTBEAT_BUDGET_BYTES = 16 * 1024

export const refuser: ProviderProfile = {
  describe: 'answers heartbeats, takes no session',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => ({
    admit: open => open.budgetBytes <= LARGEST_HEARTBEAT_BUDGET_BYTES || REFUSE.notServing,
    forward: () => true,
  }),
  broken,
}

export const dead: ProviderProfile = {
  describe: 'takes sessions, forwards nothing',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => ({ admit: () => true, forward: () => false }),
  broken,
}

function broken(history: ProviderHistory): string[] {
  const passed = history.leaves
    .filter(leaf => leaf.status === STATUS.measured)
    .map(leaf => `passes for serving in epoch ${leaf.epoch}, at ${leaf.rateKbps} kbit/s`)
  return [...passed, ...measuredMostly(history), ...slashedInTime(history)]
}
