/** Forwards everything, until it is stopped in the middle of a user's transfer: its sockets stay open, and nothing comes out. */
import { stakeIntact } from './checks.js'
import type { ProviderProfile } from './profile.js'

export const blackhole: ProviderProfile = {
  describe: 'forwards everything, and is stopped for ten seconds in the middle of a client’s transfer',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  broken: stakeIntact,
}
