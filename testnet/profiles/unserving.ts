/**
 * Providers that serve nobody, or nobody who measures. Refusing must not be safer than failing: all get the rate zero, and
 * all are slashed.
 */
import { STATUS } from '../../proto/leaf.js'
import { measuredMostly, notYetSlashed, slashedInTime } from './checks.js'
import { unserving } from './forwarding/unserving.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

const serves = (options: Parameters<typeof unserving>[0], describe: string): ProviderProfile => ({
  describe,
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: () => unserving(options),
  broken,
  untested: notYetSlashed,
})

export const refuser = serves(
  { refuses: true, servesStrangers: false },
  'refuses every session, those of heartbeats among them',
)
export const dead = serves({ refuses: false, servesStrangers: false }, 'takes sessions and forwards nothing')
export const shunner = serves(
  { refuses: false, servesStrangers: true },
  'forwards what strangers send, and drops the data of verifiers’ sessions',
)
export const pretender = serves(
  { refuses: true, servesStrangers: true },
  'serves strangers, and refuses verifiers’ sessions as if all places were taken',
)

function broken(history: ProviderHistory): string[] {
  const passed = history.leaves
    .filter(leaf => leaf.status === STATUS.measured)
    .map(leaf => `counts as serving in epoch ${leaf.epoch}, at ${leaf.rateKbps} kbit/s`)
  return [...passed, ...measuredMostly(history), ...slashedInTime(history)]
}
