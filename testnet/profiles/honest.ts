import { keptClaim, measuredMostly, noBreach, stakeIntact } from './checks.js'
import type { ProviderProfile } from './profile.js'

export const honest: ProviderProfile = {
  describe: 'forwards everything',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  broken: history => [keptClaim, measuredMostly, noBreach, stakeIntact].flatMap(check => check(history)),
}
