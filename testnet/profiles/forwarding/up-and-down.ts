/** Serves about 80 % of the time. Outages last whole blocks of time, drawn from the seed. */
import { createHash } from 'node:crypto'
import { type Forwarding, type ForwardingSpec, REFUSE } from '../../../probe/plane/forwarding.js'
import type { ForwardingOptions } from '../profile.js'

const BLOCK_MS = 1000
/** One block in so many is an outage. */
const BLOCKS_AN_OUTAGE = 5

export const upAndDown = ({ seed }: ForwardingOptions): ForwardingSpec => ({
  module: import.meta.url,
  options: { seed },
})

export function createForwarding({ seed }: ForwardingOptions): Forwarding {
  let block = -1
  let up = true
  const isUp = (nowMs: number): boolean => {
    const now = Math.floor(nowMs / BLOCK_MS)
    if (now !== block) {
      block = now
      up = createHash('sha256').update(`${seed}/${now}`).digest().readUInt32BE() % BLOCKS_AN_OUTAGE !== 0
    }
    return up
  }
  return {
    admit: (_open, nowMs) => isUp(nowMs) || REFUSE.notServing,
    forward: (_packet, nowMs) => (isUp(nowMs) ? 'now' : 'drop'),
  }
}
