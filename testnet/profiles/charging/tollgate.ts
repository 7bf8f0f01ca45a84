/**
 * Serves whoever may be a verifier, and cuts down on users once they pay. An opening does not tell the two apart, and a payment
 * does. Pings and acknowledgements pass: a leg without them is dead at once, and its user gone. Until a user pads no more, all of
 * its datagrams may be pings.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { Link } from '../cheats/link.js'
import type { ForwardingOptions } from '../profile.js'
import { booked } from './booked.js'
import { charging } from './charging.js'

export const tollgate = charging(
  import.meta.url,
  'forwards everything until a session pays, and then only a tenth of its claim for all payers',
)

const PAYERS_SHARE = 0.1
const SMALL_BYTES = 300

export function createForwarding({ claimKbps, ...place }: ForwardingOptions): Forwarding {
  const link = new Link(claimKbps * PAYERS_SHARE)
  /** sessions that pay and pad no more */
  const users = new Set<number>()
  return booked(place, {
    forward: (packet, nowMs) => {
      const isSmall = packet.length <= SMALL_BYTES
      if (isSmall && packet.paid) users.add(packet.session)
      return isSmall || !users.has(packet.session) || link.takes(packet, nowMs) ? 'now' : 'drop'
    },
  })
}
