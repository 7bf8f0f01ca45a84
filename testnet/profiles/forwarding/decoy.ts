/** Lets so much of each receiver's sessions through as the level of its slot says. All sessions of a slot share one limit. */
import type { Forwarding, ForwardingSpec, Packet } from '../../../probe/plane/forwarding.js'
import { TokenBucket } from '../../../probe/plane/token-bucket.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { takesAll } from '../cheats/link.js'
import { LevelTable } from './level-table.js'

interface Options {
  readonly claimKbps: number
  readonly memory: SharedArrayBuffer
}

/** Sessions of older slots have ended. */
const SLOTS_KEPT = 4
/**
 * The bucket starts empty, and fills only while the machine has no time for the relay. What the relay missed then still gets
 * through, so a busy machine does not read low.
 */
const BUCKET_MS = 250
/** At the whole claim nothing is held back: the reading is at most the claim anyway. */
const UNLIMITED_BPS = 10_000

export const decoyForwarding = (claimKbps: number, { memory }: LevelTable): ForwardingSpec => ({
  module: import.meta.url,
  options: { claimKbps, memory } satisfies Options,
})

/** @param unixMs the clock by which slots are counted */
export function createForwarding({ claimKbps, memory }: Options, unixMs = Date.now): Forwarding {
  const table = new LevelTable(memory)
  /** by the start of the slot, in the order of their first datagrams */
  const buckets = new Map<number, TokenBucket>()
  const bucketOf = ({ ageMs }: Pick<Packet, 'ageMs'>, nowMs: number): TokenBucket | undefined => {
    const slot = table.slotAt(unixMs() - ageMs)
    if (slot === undefined || slot.levelBps >= UNLIMITED_BPS) return undefined
    const known = buckets.get(slot.startMs)
    if (known) return known
    const bucket = emptyBucket((claimKbps * slot.levelBps) / 10_000, nowMs)
    buckets.set(slot.startMs, bucket)
    for (const startMs of buckets.keys()) if (buckets.size > SLOTS_KEPT) buckets.delete(startMs)
    return bucket
  }
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      const fits = bucketOf(packet, nowMs)?.take(packet.length + IP_UDP_HEADER_BYTES, nowMs) ?? true
      return fits ? 'now' : 'drop'
    },
  }
}

function emptyBucket(rateKbps: number, nowMs: number): TokenBucket {
  const capacityBytes = bytesIn(rateKbps, BUCKET_MS)
  const bucket = new TokenBucket(rateKbps, capacityBytes, nowMs)
  bucket.take(capacityBytes, nowMs)
  return bucket
}
