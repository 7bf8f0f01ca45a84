/**
 * How much each sender offers. Of k senders f' may be silent or slow, or may send garbage. The other k − f' must still
 * offer 1.1·claim. So all k together offer m·claim, with m = 1.1·k/(k−f').
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { CONTROL_PER_SECOND, CONTROL_SHARE } from '../constants.js'

/** The honest senders alone offer this multiple of the claim. */
const MARGIN = 1.1

/**
 * A direct probe must show 1.15 times the reading. So its senders offer 1.3 times the reading, or of this part of the
 * claim if that is more.
 */
const DIRECT_OFFER = 1.3
const DIRECT_FLOOR = 0.1

/** A session needs at least so many senders that the receiver does not trust: one alone could forge any low reading. */
export const MIN_SENDERS = 2

/** f': a minority of the k senders. */
export const toleratedSenders = (k: number): number => Math.floor((k - 1) / 2)

/** k − f' */
export const neededSenders = (k: number): number => k - toleratedSenders(k)

/** m, e.g. 1.65 for k = 3. If k = 1, the receiver trusts the sender. */
export const overdrive = (k: number): number => (MARGIN * k) / neededSenders(k)

/** m·claim/k: one sender's share, kbit/s at the IP layer. */
export const shareKbps = (claimKbps: number, k: number): number => Math.ceil((overdrive(k) * claimKbps) / k)

/** Rate of a sender in its turn of a soak, in which it sends alone, kbit/s at the IP layer. */
export const turnKbps = (claimKbps: number, k: number): number =>
  k === 1 ? shareKbps(claimKbps, k) : Math.ceil(MARGIN * claimKbps)

/** The highest rate that a receiver asks of one sender in a soak at any time. */
export const soakKbps = (claimKbps: number, k: number): number =>
  Math.max(shareKbps(claimKbps, k), turnKbps(claimKbps, k))

/** Rate of one sender's control datagrams beside a share of `rateKbps`, kbit/s at the IP layer. */
export const controlKbps = (rateKbps: number): number =>
  Math.max(CONTROL_SHARE * rateKbps, (CONTROL_PER_SECOND * IP_DATAGRAM_BYTES * 8) / 1000)

/**
 * Rate of each sender in a direct probe after a reading of `readingKbps`. Any k − f' senders together still offer
 * DIRECT_OFFER · reading, unless their shares of the claim cap the rate. Below the slashing threshold the shares
 * suffice. The rate has a floor, so even a very low reading gets some datagrams.
 */
export const directShareKbps = (readingKbps: number, claimKbps: number, k: number): number => {
  const wantedKbps = (DIRECT_OFFER * Math.max(readingKbps, DIRECT_FLOOR * claimKbps)) / neededSenders(k)
  return Math.min(Math.ceil(wantedKbps), shareKbps(claimKbps, k))
}

/** The largest rate of one sender over all k: 1.1·claim. A relay does not know k, so every session asks for this. */
export const maxShareKbps = (claimKbps: number): number => shareKbps(claimKbps, 1)

/** Bytes at a rate in a time. One kbit/s is one bit per millisecond. */
export const bytesIn = (rateKbps: number, ms: number): number => (rateKbps * ms) / 8
