/** The provider's link: a token bucket filter on its way out. Rates in kbit/s at the IP layer. */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'

/** What the filter and the device count for each packet beyond the IP layer's bytes. */
export const ETHERNET_BYTES = 14

/** As much as a timer that is late on a busy machine leaves out. Nothing is saved up while the link is busy. */
const BURST_MS = 5
const MIN_BURST_DATAGRAMS = 8
/** What a home router's queue holds; longer ones are a matter of the estimator's decline check, not of the lab. */
const QUEUE_MS = 50
const MIN_QUEUE_DATAGRAMS = 32

const FRAME_BYTES = IP_DATAGRAM_BYTES + ETHERNET_BYTES

/** For `tc qdisc … root`, such that the probe's datagrams pass at `rateKbps`. */
export function tokenBucketFilter(rateKbps: number): string[] {
  const bytesPerMs = (rateKbps * FRAME_BYTES) / IP_DATAGRAM_BYTES / 8
  const burst = Math.ceil(Math.max(BURST_MS * bytesPerMs, MIN_BURST_DATAGRAMS * FRAME_BYTES))
  const queue = Math.ceil(Math.max(QUEUE_MS * bytesPerMs, MIN_QUEUE_DATAGRAMS * FRAME_BYTES))
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

/** What a filter let through, at the IP layer. */
export const ipBytes = ({ bytes, packets }: { readonly bytes: number; readonly packets: number }): number =>
  bytes - ETHERNET_BYTES * packets
