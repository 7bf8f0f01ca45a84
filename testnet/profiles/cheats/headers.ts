/**
 * Plays with the headers of data. The link carries 60 % of the claim. The provider rewrites a sequence number now and then,
 * so that by the numbers most data were lost before they came to it. Or it makes up all data of one sender, which never came
 * in, to be forgiven as for a sender of garbage. Headers are sealed under keys that the provider does not have, so no such
 * datagram counts.
 */
import { randomFillSync } from 'node:crypto'
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { DELIVERED_SHARE, Link, places, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

type Trick = 'rewrites' | 'invents'

const plays = (trick: Trick, describe: string) => slowCheat(import.meta.url, describe, { trick })

export const rewriter = plays('rewrites', 'delivers 60 % of its claim, and rewrites sequence numbers')
export const inventor = plays('invents', 'delivers 60 % of its claim, and makes up the data of one sender')

/** One datagram in so many gets another sequence number: that of a datagram 31 chunks later, if the number were in clear. */
const REWRITTEN_EVERY = 500
const LATER = 31 * CHUNK_DATAGRAMS
const SEQUENCE_AT = TAG_BYTES + 1
/** The sender whose data are made up, among those that begin together. */
const INVENTED_PLACE = 2

export function createForwarding({ claimKbps, trick }: { claimKbps: number; trick: Trick }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const placeOf = places()
  let passed = 0
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      const { bytes } = packet
      if (trick === 'invents' && placeOf(packet, nowMs) === INVENTED_PLACE) {
        randomFillSync(bytes, TAG_BYTES, DATAGRAM_BYTES - TAG_BYTES)
        return 'now'
      }
      if (!link.takes(packet, nowMs)) return 'drop'
      if (trick === 'rewrites' && ++passed % REWRITTEN_EVERY === 0) {
        bytes.writeUIntBE((bytes.readUIntBE(SEQUENCE_AT, 3) + LATER) % 2 ** 24, SEQUENCE_AT, 3)
      }
      return 'now'
    },
  }
}
