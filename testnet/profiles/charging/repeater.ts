/** Sends every datagram twice, and bills both. */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { takesAll } from '../cheats/link.js'
import type { ForwardingOptions } from '../profile.js'
import { Books } from './books.js'
import { charging } from './charging.js'

export const repeater = charging(import.meta.url, 'forwards everything twice, and bills both copies')

export function createForwarding(place: ForwardingOptions): Forwarding {
  const books = new Books(place)
  return {
    ...takesAll,
    forward: packet => {
      books.see(packet, true)
      return 'twice'
    },
    bill: (session, bytes) => {
      books.bill(session, bytes)
      return bytes
    },
  }
}
