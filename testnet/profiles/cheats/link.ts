/**
 * The link of a cheating provider, inside its own forwarding: a datagram that fits passes, any other is dropped, as a shaper
 * with a short queue does. So the true rate of every cheat is known to the bit.
 */
import type { Forwarding, Packet } from '../../../probe/plane/forwarding.js'
import { TokenBucket } from '../../../probe/plane/token-bucket.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'

/** The same as in the exact limiter of probe/plane/forwarding.ts: with a shorter queue readings are 1–4 % low. */
const SHORT_QUEUE_MS = 50

export class Link {
  readonly #rateKbps: number
  readonly #capacityBytes: number
  #bucket: TokenBucket | undefined

  /** @param capacityBytes the full bucket (default: a short queue) */
  constructor(rateKbps: number, capacityBytes = bytesIn(rateKbps, SHORT_QUEUE_MS)) {
    this.#rateKbps = rateKbps
    this.#capacityBytes = capacityBytes
  }

  /** Whether the datagram fits now; if so, its place is taken. */
  takes({ length }: Pick<Packet, 'length'>, nowMs: number): boolean {
    this.#bucket ??= new TokenBucket(this.#rateKbps, this.#capacityBytes, nowMs)
    return this.#bucket.take(length + IP_UDP_HEADER_BYTES, nowMs)
  }
}

/** The share of their claim that most cheats deliver: well below the slashing threshold, so that looking faster pays. */
export const DELIVERED_SHARE = 0.6

/** Sessions that begin within this time of one another belong to one receiver. */
const TOGETHER_MS = 400

/** The place of a session among those that began together, from 0. A probe's senders begin together. */
export function places(): (session: Pick<Packet, 'session'>, nowMs: number) => number {
  const known = new Map<number, number>()
  let lastMs = Number.NEGATIVE_INFINITY
  let count = 0
  return ({ session }, nowMs) => {
    let place = known.get(session)
    if (place === undefined) {
      count = nowMs - lastMs > TOGETHER_MS ? 0 : count + 1
      lastMs = nowMs
      place = count
      known.set(session, place)
    }
    return place
  }
}

/** The slot of a sender that has told the provider, as the senders of a bench do by their peer ids: `sender SLOT …`. */
export const slotOf = ({ opener }: Pick<Packet, 'opener'>): number => Number(opener.split(' ')[1])

/** Every session is taken. */
export const takesAll: Pick<Forwarding, 'admit'> = { admit: () => true }
