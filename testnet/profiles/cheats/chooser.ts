/**
 * Refuses one sender of each session, and blames its request, so that fewer senders can show how low the reading is. What a
 * refused sender cannot show is the provider's doing.
 */
import { type Forwarding, REFUSE } from '../../../probe/plane/forwarding.js'
import { DELIVERED_SHARE, Link } from './link.js'
import { slowCheat } from './slow-cheat.js'

export const chooser = slowCheat(import.meta.url, 'delivers 60 % of its claim, and refuses one sender of each session')

/** Openings for one next hop within this time are of one session. */
const TOGETHER_MS = 400

export function createForwarding({ claimKbps }: { claimKbps: number }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  /** by next hop: how many came together, and when the last one came */
  const openings = new Map<string, { readonly count: number; readonly atMs: number }>()
  return {
    admit: ({ nextHopHost, nextHopPort }, nowMs) => {
      const nextHop = `${nextHopHost} ${nextHopPort}`
      const last = openings.get(nextHop)
      const count = last && nowMs - last.atMs <= TOGETHER_MS ? last.count + 1 : 1
      openings.set(nextHop, { count, atMs: nowMs })
      return count !== 2 || REFUSE.malformed
    },
    forward: (packet, nowMs) => (link.takes(packet, nowMs) ? 'now' : 'drop'),
  }
}
