import { DEVNET } from '../../proto/params.js'
import { measuredAsDelivered, measuredMostly, noBreach, notYetSlashed, slashedInTime, stakeIntact } from './checks.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

export const slow: ProviderProfile = {
  describe: 'delivers the given fraction of its claim',
  takesFraction: true,
  deliversKbps: (claimKbps, fraction) => Math.round(claimKbps * fraction!),
  broken: brokenByLimit,
  untested: history => notYetPunished(history),
}

export const throttled: ProviderProfile = {
  describe: 'delivers a tenth of its claim',
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps / 10),
  broken: brokenByLimit,
  untested: history => notYetPunished(history),
}

/** Below the slashing threshold the provider must be slashed; above the threshold it must lose nothing. */
function brokenByLimit(history: ProviderHistory): string[] {
  const consequences = isUnder(history) ? [slashedInTime] : [noBreach, stakeIntact]
  return [measuredAsDelivered, measuredMostly, ...consequences].flatMap(check => check(history))
}

const notYetPunished = (history: ProviderHistory): string[] => (isUnder(history) ? notYetSlashed(history) : [])

const isUnder = ({ deliversKbps, claimKbps }: ProviderHistory): boolean =>
  deliversKbps * 10_000 < DEVNET.breachBps * claimKbps
