/** Forwards everything, and states half as much again in its receipts. */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { takesAll } from '../cheats/link.js'
import type { ForwardingOptions } from '../profile.js'
import { Books } from './books.js'
import { charging } from './charging.js'

export const padder = charging(import.meta.url, 'forwards everything, and bills half as much again')

const BILLED = 1.5

export function createForwarding(place: ForwardingOptions): Forwarding {
  const books = new Books(place)
  return {
    ...takesAll,
    forward: packet => {
      books.see(packet, true)
      return 'now'
    },
    bill: (session, bytes) => {
      const billed = Math.floor(bytes * BILLED)
      books.bill(session, billed)
      return billed
    },
  }
}
