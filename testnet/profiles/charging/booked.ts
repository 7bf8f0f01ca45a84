/** A forwarding whose books say what was carried and billed. */
import type { Forwarding, Packet, Verdict } from '../../../probe/plane/forwarding.js'
import { takesAll } from '../cheats/link.js'
import { Books, type BooksPlace } from './books.js'

export interface Cheating {
  /** (default: all goes on at once) */
  readonly forward?: (packet: Packet, nowMs: number) => Verdict
  /** what a receipt states for so many bytes that were forwarded (default: the same) */
  readonly billed?: (bytes: number) => number
}

export function booked(place: BooksPlace, { forward = () => 'now', billed = bytes => bytes }: Cheating): Forwarding {
  const books = new Books(place)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      const verdict = forward(packet, nowMs)
      books.see(packet, verdict !== 'drop')
      return verdict
    },
    bill: (session, forwarded) => {
      const bytes = billed(forwarded)
      books.bill(session, bytes)
      return bytes
    },
  }
}
