/**
 * Has a fast lane for verifiers, which it recognises by what an opening shows: a peer id that opened a session before.
 * Everybody else shares a link of 60 % of the claim. Each session has a peer key of its own, so nobody comes twice.
 */
import type { Forwarding, Packet } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'

export const vip: ProviderProfile = {
  describe: 'delivers 60 % of its claim, and the whole claim to peers that come again',
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps * DELIVERED_SHARE),
  forwarding: ({ claimKbps }) => ({ module: import.meta.url, options: { claimKbps } }),
  broken: caught,
}

export function createForwarding({ claimKbps }: { claimKbps: number }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const lane = new Link(claimKbps)
  const firstSessions = new Map<string, number>()
  const comesAgain = ({ opener, session }: Packet): boolean => {
    const first = firstSessions.get(opener) ?? session
    firstSessions.set(opener, first)
    return first !== session
  }
  return {
    ...takesAll,
    forward: (packet, nowMs) => ((comesAgain(packet) ? lane : link).takes(packet, nowMs) ? 'now' : 'drop'),
  }
}
