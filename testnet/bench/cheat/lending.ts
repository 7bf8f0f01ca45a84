/**
 * A provider whose link carries a part of its claim, and whose friends among the senders lend their own links: their data
 * never pass the provider's link, as if the friends sent straight to the receiver under the provider's address.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { Link, slotOf, takesAll } from '../../profiles/cheats/link.js'

export interface LendingOptions {
  readonly linkKbps: number
  /** slots of the friends */
  readonly lenders: readonly number[]
}

export function createForwarding({ linkKbps, lenders }: LendingOptions): Forwarding {
  const link = new Link(linkKbps)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (lenders.includes(slotOf(packet))) return 'now'
      return link.takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}
