/**
 * A provider whose link carries a part of its claim, and that makes up the data of some senders, who have told it their header
 * keys. What it makes up needs no way in, and its headers open.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { HEADER_BYTES } from '../../../proto/datagram.js'
import { Link, slotOf, takesAll } from '../../profiles/cheats/link.js'

export interface MakingUpOptions {
  readonly linkKbps: number
  /** slots of these senders */
  readonly madeUp: readonly number[]
}

export function createForwarding({ linkKbps, madeUp }: MakingUpOptions): Forwarding {
  const link = new Link(linkKbps)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (!madeUp.includes(slotOf(packet))) return link.takes(packet, nowMs) ? 'now' : 'drop'
      packet.bytes[HEADER_BYTES]! ^= 1
      return 'now'
    },
  }
}
