/**
 * The link that a cheat's provider has, in its own forwarding: what fits in passes, the rest is dropped, as a shaper with
 * a short queue does. So the truth of every cheat is known to the bit.
 */
import type { Forwarding, Packet } from '../../../probe/plane/forwarding.js'
import { TokenBucket } from '../../../probe/plane/token-bucket.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'

/** As the exact limiter of probe/forwarding.ts: reads 1–4 % low with less. */
const SHORT_QUEUE_MS = 50

export class Link {
  readonly #rateKbps: number
  readonly #capacityBytes: number
  #bucket: TokenBucket | undefined

  /** @param capacityBytes what the bucket holds when full: a short queue by default */
  constructor(rateKbps: number, capacityBytes = bytesIn(rateKbps, SHORT_QUEUE_MS)) {
    this.#rateKbps = rateKbps
    this.#capacityBytes = capacityBytes
  }

  /** Whether the datagram fits in now; then it has taken its place. */
  takes({ length }: Pick<Packet, 'length'>, nowMs: number): boolean {
    this.#bucket ??= new TokenBucket(this.#rateKbps, this.#capacityBytes, nowMs)
    return this.#bucket.take(length + IP_UDP_HEADER_BYTES, nowMs)
  }
}

/** What most cheats deliver of their claim: well below the slashing threshold, so that passing for more is worth something. */
export const DELIVERED_SHARE = 0.6
/** Data and heartbeats are told apart by size: a heartbeat's datagram is 24 bytes. */
export const isData = ({ length }: Pick<Packet, 'length'>): boolean => length > 100

/** Every session is taken. */
export const takesAll: Pick<Forwarding, 'admit'> = { admit: () => true }
