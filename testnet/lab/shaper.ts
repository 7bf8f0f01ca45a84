/** The provider's link: a token bucket filter on its way out. Rates in kbit/s at the IP layer. */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'

/** The filter and the device count so many bytes for each packet beyond those of the IP layer. */
export const ETHERNET_BYTES = 14

/** As much as a late timer skips on a busy machine. A busy link saves nothing up. */
const BURST_MS = 5
const MIN_BURST_DATAGRAMS = 8
/** A short queue, so that a reading says little about the queue. */
const QUEUE_MS = 50
const MIN_QUEUE_DATAGRAMS = 32

const FRAME_BYTES = IP_DATAGRAM_BYTES + ETHERNET_BYTES

/**
 * For `tc qdisc … root`, such that the probe's datagrams pass at `rateKbps`.
 * @param queueMs how long a datagram may wait (default: 50 ms)
 */
export function tokenBucketFilter(rateKbps: number, queueMs = QUEUE_MS): string[] {
  const bytesPerMs = (rateKbps * FRAME_BYTES) / IP_DATAGRAM_BYTES / 8
  const burst = Math.ceil(Math.max(BURST_MS * bytesPerMs, MIN_BURST_DATAGRAMS * FRAME_BYTES))
  const queue = Math.ceil(Math.max(queueMs * bytesPerMs, MIN_QUEUE_DATAGRAMS * FRAME_BYTES))
  return ['tbf', 'rate', `${Math.round(bytesPerMs * 8000)}bit`, 'burst', String(burst), 'limit', String(burst + queue)]
}

export interface FilterCounter {
  readonly bytes: number
  readonly packets: number
  readonly drops: number
}

/** @param json of `tc -s -j qdisc show dev …` */
export function readFilter(json: string): FilterCounter {
  const [{ bytes, packets, drops }] = JSON.parse(json) as [FilterCounter]
  return { bytes, packets, drops }
}

/** The bytes that a filter let through, at the IP layer. */
export const ipBytes = ({ bytes, packets }: { readonly bytes: number; readonly packets: number }): number =>
  bytes - ETHERNET_BYTES * packets
