/** Lets so much of each receiver's sessions through as the level of its slot says. All sessions of a slot share one limit. */
import type { Forwarding, ForwardingSpec, Packet } from '../../../probe/plane/forwarding.js'
import { Link, takesAll } from '../cheats/link.js'
import { LevelTable } from './level-table.js'

interface Options {
  readonly claimKbps: number
  readonly memory: SharedArrayBuffer
}

/** Sessions of older slots have ended. */
const SLOTS_KEPT = 4

export const decoyForwarding = (claimKbps: number, { memory }: LevelTable): ForwardingSpec => ({
  module: import.meta.url,
  options: { claimKbps, memory } satisfies Options,
})

/** @param unixMs the clock by which slots are counted */
export function createForwarding({ claimKbps, memory }: Options, unixMs = Date.now): Forwarding {
  const table = new LevelTable(memory)
  /** by the start of the slot, in the order of their first datagrams */
  const links = new Map<number, Link>()
  const linkOf = ({ ageMs }: Pick<Packet, 'ageMs'>): Link | undefined => {
    const slot = table.slotAt(unixMs() - ageMs)
    if (slot === undefined) return undefined
    const known = links.get(slot.startMs)
    if (known) return known
    const link = new Link((claimKbps * slot.levelBps) / 10_000)
    links.set(slot.startMs, link)
    for (const startMs of links.keys()) if (links.size > SLOTS_KEPT) links.delete(startMs)
    return link
  }
  return {
    ...takesAll,
    forward: (packet, nowMs) => ((linkOf(packet)?.takes(packet, nowMs) ?? true) ? 'now' : 'drop'),
  }
}
