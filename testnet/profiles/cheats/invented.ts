/**
 * Invents data that never arrived: the link brings in 60 % of the claim, and the provider guesses the rest, takes it from an
 * old session, or cuts it short. The receiver publishes the root of what it received before any key is revealed, so every
 * chunk with one such datagram is worthless.
 */
import type { Forwarding, Packet } from '../../../probe/plane/forwarding.js'
import { DATAGRAM_BYTES, HEADER_BYTES } from '../../../proto/datagram.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

type Invention = 'guessed' | 'replayed' | 'truncated'

const invents = (invention: Invention, describe: string) => slowCheat(import.meta.url, describe, { invention })

export const guesser = invents('guessed', 'brings in 60 % of its claim and predicts the rest from what came before')
export const replayer = invents('replayed', 'brings in 60 % of its claim and fills up with an old session’s data')
export const truncater = invents('truncated', 'brings in 60 % of its claim and cuts the rest down to what fits')

/** How many datagrams of a session are kept for later: more would only take memory. */
const KEPT_DATAGRAMS = 4096

export function createForwarding({ claimKbps, invention }: { claimKbps: number; invention: Invention }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const invent = INVENTIONS[invention]()
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      invent(packet, link.takes(packet, nowMs))
      return 'now'
    },
  }
}

/** Each is given every datagram, and changes the ones that did not come in. */
const INVENTIONS: Readonly<Record<Invention, () => (packet: Packet, cameIn: boolean) => void>> = {
  guessed: () => {
    const last = Buffer.alloc(DATAGRAM_BYTES)
    return ({ bytes, length }, cameIn) => {
      // The best guess is the stream's last datagram.
      if (cameIn) bytes.copy(last, HEADER_BYTES, HEADER_BYTES, length)
      else last.copy(bytes, HEADER_BYTES, HEADER_BYTES, length)
    }
  },
  replayed: () => {
    const kept: Buffer[] = []
    let next = 0
    return ({ bytes, length }, cameIn) => {
      if (cameIn && kept.length < KEPT_DATAGRAMS) kept.push(Buffer.from(bytes.subarray(HEADER_BYTES, length)))
      const old = cameIn ? undefined : kept[next++ % Math.max(1, kept.length)]
      old?.copy(bytes, HEADER_BYTES)
    }
  },
  truncated: () => (packet, cameIn) => {
    if (!cameIn) packet.length = HEADER_BYTES + 64
  },
}
