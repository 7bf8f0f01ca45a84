/**
 * Serves only sessions that look like probes, by what they ask for: a rate of the claim's order for a few seconds. Everybody
 * else, heartbeats among them, is turned away. What it certifies it does deliver to whoever asks like a probe; turning
 * the others away leaves it without uptime, and so without a score.
 */
import { type Forwarding, REFUSE } from '../../../probe/plane/forwarding.js'
import { shareKbps } from '../../../probe/verdict/share.js'
import type { ProviderHistory, ProviderProfile } from '../profile.js'

/** More senders have smaller shares; a probe of fifteen still looks like one. */
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
    .map(leaf => `has a score of ${leaf.scoreBps} basis points in epoch ${leaf.epoch}, though it answers no heartbeat`)
}
