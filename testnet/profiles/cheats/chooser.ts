/**
 * Refuses one sender of each session, and blames its request, so that fewer senders can show how low the reading is. What a
 * refused sender cannot show is the provider's doing.
 */
import { type Forwarding, REFUSE } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { DELIVERED_SHARE, isData, Link } from './link.js'

export const chooser: ProviderProfile = {
  describe: 'delivers 60 % of its claim, and refuses one sender of each session',
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps * DELIVERED_SHARE),
  forwarding: ({ claimKbps }) => ({ module: import.meta.url, options: { claimKbps } }),
  broken: caught,
}

/** Sessions for heartbeats name sender 0. */
export const REFUSED_SLOT = 1

export function createForwarding({ claimKbps }: { claimKbps: number }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  return {
    admit: ({ sender }) => sender !== REFUSED_SLOT || REFUSE.malformed,
    forward: (packet, nowMs) => (!isData(packet) || link.takes(packet, nowMs) ? 'now' : 'drop'),
  }
}
