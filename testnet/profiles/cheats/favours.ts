/**
 * Providers with a friend among the verifiers. One link of 60 % of the claim serves all; the friend's sessions, or the
 * friend's data in every session, go first. With a receiver for a friend its vote is as high as it likes; with a sender,
 * whose key the provider knows, that sender's data costs no way in, yet still has to leave through the link.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { TAG_BYTES } from '../../../proto/datagram.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { DELIVERED_SHARE, isData, Link, takesAll } from './link.js'

type Friend = 'receiver' | 'sender'

const favours = (friend: Friend, describe: string): ProviderProfile => ({
  describe,
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps * DELIVERED_SHARE),
  forwarding: ({ claimKbps }) => ({ module: import.meta.url, options: { claimKbps, friend } }),
  broken: caught,
})

export const crony = favours('receiver', 'delivers 60 % of its claim, all of it to one receiver in five')
export const accomplice = favours('sender', 'delivers 60 % of its claim, and lets one sender’s data go first')

/** Sessions that begin within this time of one another have one receiver. */
const ONE_RECEIVER_MS = 400
/** The first of so many receivers is the friend, in the order of their sessions. */
export const RECEIVERS_A_FRIEND = 5
/** The slot of the sender that is the friend: any, since slots are drawn. */
const FRIEND_SLOT = 0
/** What others get while the friend is served. */
const REST_SHARE = 0.05

export function createForwarding({ claimKbps, friend }: { claimKbps: number; friend: Friend }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const rest = new Link(claimKbps * REST_SHARE)
  const isFriends = receivers()
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (!isData(packet)) return 'now'
      // To its receiver it gives what it does not have: the friend would vote so anyway.
      if (friend === 'receiver') return isFriends(packet.session, nowMs) || link.takes(packet, nowMs) ? 'now' : 'drop'
      const first = packet.bytes[TAG_BYTES] === FRIEND_SLOT
      return (first || rest.takes(packet, nowMs)) && link.takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}

/** Whether a session belongs to every fifth receiver that came. */
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
    return receiver % RECEIVERS_A_FRIEND === 0
  }
}
