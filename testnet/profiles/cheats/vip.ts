/**
 * Has a fast lane for verifiers, which it recognises by what an opening shows: a peer id that opened a session before.
 * Everybody else shares a link of 60 % of the claim. Each session has a peer key of its own, so nobody comes twice.
 */
import type { Forwarding, Packet } from '../../../probe/plane/forwarding.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

export const vip = slowCheat(
  import.meta.url,
  'delivers 60 % of its claim, and the whole claim to peers that come again',
)

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
