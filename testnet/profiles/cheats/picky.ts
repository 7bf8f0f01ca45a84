/**
 * Serves only sessions that look like probes: they ask for a rate near the claim, for a few seconds. It refuses all other
 * sessions, heartbeats among them. It does deliver its certified rate to every session that looks like a probe; but as it
 * answers no heartbeat, it has no uptime, and so no score.
 */
import { type Forwarding, REFUSE } from '../../../probe/plane/forwarding.js'
import { shareKbps } from '../../../probe/verdict/share.js'
import type { ProviderHistory, ProviderProfile } from '../profile.js'

/** With more senders each share is smaller; a probe by fifteen senders still looks like a probe. */
const MOST_SENDERS = 15

export const picky: ProviderProfile = {
  describe: 'serves only sessions that look like probes',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  forwarding: options => ({ module: import.meta.url, options }),
  broken: withoutScore,
}

export function createForwarding({ claimKbps }: { claimKbps: number }): Forwarding {
  const leastKbps = shareKbps(claimKbps, MOST_SENDERS)
  return {
    admit: ({ rateKbps }) => rateKbps >= leastKbps || REFUSE.notServing,
    forward: () => 'now',
  }
}

function withoutScore({ leaves }: ProviderHistory): string[] {
  return leaves
    .filter(leaf => leaf.scoreBps > 0)
    .map(
      leaf => `has a score of ${leaf.scoreBps} basis points in epoch ${leaf.epoch}, although it answers no heartbeat`,
    )
}
