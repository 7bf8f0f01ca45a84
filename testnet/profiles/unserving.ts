/**
 * Providers that serve nobody, or nobody who measures. Refusing must not be safer than failing: all get the rate zero, and
 * all are slashed.
 */
import { STATUS } from '../../proto/leaf.js'
import { measuredMostly, slashedInTime } from './checks.js'
import { unserving } from './forwarding/unserving.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

export const refuser: ProviderProfile = {
  describe: 'refuses every session, those of heartbeats among them',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: true, servesStrangers: false }),
  broken,
}

export const dead: ProviderProfile = {
  describe: 'takes sessions and forwards nothing',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: false, servesStrangers: false }),
  broken,
}

export const shunner: ProviderProfile = {
  describe: 'forwards what strangers send, and drops the data of verifiers’ sessions',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: false, servesStrangers: true }),
  broken,
}

export const pretender: ProviderProfile = {
  describe: 'serves strangers, and refuses verifiers’ sessions as if all places were taken',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving({ refuses: true, servesStrangers: true }),
  broken,
}

function broken(history: ProviderHistory): string[] {
  const passed = history.leaves
    .filter(leaf => leaf.status === STATUS.measured)
    .map(leaf => `counts as serving in epoch ${leaf.epoch}, at ${leaf.rateKbps} kbit/s`)
  return [...passed, ...measuredMostly(history), ...slashedInTime(history)]
}
