/**
 * Delivers 60 % of its claim and signs receipts for everything. Data that do not fit through its link leave under a tag that
 * nobody expects: the provider's own count, and so its receipts, include them, but no receiver takes them.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { TAG_BYTES } from '../../../proto/datagram.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

export const forger = slowCheat(import.meta.url, 'delivers 60 % of its claim, and signs receipts for all of it')

export function createForwarding({ claimKbps }: { claimKbps: number }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (!link.takes(packet, nowMs)) packet.bytes.fill(0, 0, TAG_BYTES)
      return 'now'
    },
  }
}
