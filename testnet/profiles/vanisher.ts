/** Forwards everything, until it is killed in the middle of a user's transfer. Then it comes back. */
import { stakeIntact } from './checks.js'
import type { ProviderProfile } from './profile.js'

export const vanisher: ProviderProfile = {
  describe: 'forwards everything, and is killed once in the middle of a client’s transfer',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  broken: stakeIntact,
}
