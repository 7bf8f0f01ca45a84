import { STATUS } from '../../proto/leaf.js'
import { keptClaim, noBreach, stakeIntact } from './checks.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

export const offline: ProviderProfile = {
  describe: 'ends when the second epoch begins',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  endsAtEpoch: 2,
  untested: ({ leaves, goneFromEpoch = 0 }) =>
    leaves.some(({ epoch }) => epoch >= goneFromEpoch) ? [] : ['was not gone in any epoch yet'],
  broken: history =>
    [keptClaim, unmeasuredOnceGone, uptimeFalls, noBreach, stakeIntact].flatMap(check => check(history)),
}

/** Nobody can measure a provider that is gone, so it has no rate; its rate is not zero. */
function unmeasuredOnceGone({ leaves, goneFromEpoch }: ProviderHistory): string[] {
  if (goneFromEpoch === undefined) return []
  return leaves
    .filter(leaf => leaf.epoch >= goneFromEpoch && leaf.status !== STATUS.unmeasured)
    .map(leaf => `has a rate in epoch ${leaf.epoch}, although it was gone`)
}

function uptimeFalls({ leaves, goneFromEpoch }: ProviderHistory): string[] {
  if (goneFromEpoch === undefined) return []
  return leaves.flatMap((leaf, i) => {
    const before = leaves[i - 1]
    if (!before || leaf.epoch < goneFromEpoch || leaf.uptimeBps < before.uptimeBps || before.uptimeBps === 0) return []
    return [
      `has an uptime that did not fall in epoch ${leaf.epoch}: ${before.uptimeBps} to ${leaf.uptimeBps} basis points`,
    ]
  })
}
