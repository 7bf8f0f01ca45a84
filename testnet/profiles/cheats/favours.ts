/**
 * Providers with a friend among the verifiers. One link of 60 % of the claim serves all; the friend's sessions, or the
 * friend's data in every session, go first. A friend that receives votes as high as it likes. A friend that sends has
 * told the provider its key, so its data need no way in, but must still leave through the link.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { DELIVERED_SHARE, Link, places, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

type Friend = 'receiver' | 'sender'

const favours = (friend: Friend, describe: string) => slowCheat(import.meta.url, describe, { friend })

export const crony = favours('receiver', 'delivers 60 % of its claim, and the whole claim to one session in nine')
export const accomplice = favours('sender', 'delivers 60 % of its claim, and lets one sender’s data go first')

/** Sessions that begin within this time of one another belong to one receiver. */
const ONE_RECEIVER_MS = 400
/**
 * The first of so many sessions is the friend's. It reads the claim at once, and whoever reads less tries again: five receivers
 * hold nine. With a smaller number, second tries would make some receivers friends by chance.
 */
export const SESSIONS_A_FRIEND = 9
/** The friend among the senders that begin together. */
const FRIEND_PLACE = 0
/** The share of the claim that others get while the friend is served. */
const REST_SHARE = 0.05

export function createForwarding({ claimKbps, friend }: { claimKbps: number; friend: Friend }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const rest = new Link(claimKbps * REST_SHARE)
  const isFriends = receivers()
  const placeOf = places()
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      // The friend gets more than the link carries: the friend would vote as high anyway.
      if (friend === 'receiver') return isFriends(packet.session, nowMs) || link.takes(packet, nowMs) ? 'now' : 'drop'
      const first = placeOf(packet, nowMs) === FRIEND_PLACE
      return (first || rest.takes(packet, nowMs)) && link.takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}

/** Whether a session belongs to the friend. */
function receivers(): (session: number, nowMs: number) => boolean {
  const receiverOf = new Map<number, number>()
  let lastBeganMs = Number.NEGATIVE_INFINITY
  let count = -1
  return (session, nowMs) => {
    let receiver = receiverOf.get(session)
    if (receiver === undefined) {
      if (nowMs - lastBeganMs > ONE_RECEIVER_MS) count++
      lastBeganMs = nowMs
      receiver = count
      receiverOf.set(session, receiver)
    }
    return receiver % SESSIONS_A_FRIEND === 0
  }
}
