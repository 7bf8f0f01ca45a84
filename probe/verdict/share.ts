/**
 * How much each sender offers. Of k senders f' may be silent or slow, or may send garbage. The other k − f' must still
 * offer more than the claim: 1.1 times up to 100 Mbit/s, and less above, towards 1.06 times. So all k together offer
 * k/(k−f') times as much.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { CONTROL_PER_SECOND, CONTROL_SHARE } from '../constants.js'

/**
 * The honest senders alone offer so many per cent of the claim, and some more: SPARE per cent of it, but no more than
 * SPARE per cent of SPARE_MOST_KBPS. The sum grows with the claim without a step, so a higher claim never asks for less
 * (docs/adr/0024-less-overdrive-at-large-claims.md).
 */
const LEAST_PERCENT = 106
const SPARE_PERCENT = 4
const SPARE_MOST_KBPS = 100_000

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

/** The honest senders' part of the offer, or that of a single sender whom the receiver trusts; kbit/s at the IP layer. */
const neededKbps = (claimKbps: number): number =>
  (LEAST_PERCENT * claimKbps + SPARE_PERCENT * Math.min(claimKbps, SPARE_MOST_KBPS)) / 100

/** One sender's share, kbit/s at the IP layer. All k shares are e.g. 1.65 times a claim of 25 Mbit/s for k = 3. */
export const shareKbps = (claimKbps: number, k: number): number => Math.ceil(neededKbps(claimKbps) / neededSenders(k))

/** Rate of a sender in its turn of a soak, in which it sends alone, kbit/s at the IP layer. */
export const turnKbps = (claimKbps: number): number => Math.ceil(neededKbps(claimKbps))

/** The highest rate that a receiver asks of one sender in a soak at any time. */
export const soakKbps = (claimKbps: number, k: number): number => Math.max(shareKbps(claimKbps, k), turnKbps(claimKbps))

/** Rate of one sender's control datagrams beside a share of `rateKbps`, kbit/s at the IP layer. */
export const controlKbps = (rateKbps: number): number =>
  Math.max(CONTROL_SHARE * rateKbps, (CONTROL_PER_SECOND * IP_DATAGRAM_BYTES * 8) / 1000)

/**
 * Rate of each sender in a direct probe after a reading of `readingKbps`. Any `needed` senders together still offer
 * DIRECT_OFFER · reading, unless the shares of k − f' cap the rate. Below the slashing threshold these shares suffice.
 * The rate has a floor, so even a very low reading gets some datagrams.
 * @param needed k − f', less the senders that the provider refused: the others send their part as well
 */
export const directShareKbps = (readingKbps: number, claimKbps: number, k: number, needed: number): number => {
  const wantedKbps = (DIRECT_OFFER * Math.max(readingKbps, DIRECT_FLOOR * claimKbps)) / needed
  return Math.min(Math.ceil(wantedKbps), Math.floor((shareKbps(claimKbps, k) * neededSenders(k)) / needed))
}

/** The highest rate that a receiver asks of one sender in a direct probe, kbit/s at the IP layer. */
export const mostDirectKbps = (claimKbps: number, k: number): number => directShareKbps(claimKbps, claimKbps, k, 1)

/** The largest rate of one sender over all k. A relay does not know k, so every session asks for this. */
export const maxShareKbps = (claimKbps: number): number => shareKbps(claimKbps, 1)

/** Bytes at a rate in a time. One kbit/s is one bit per millisecond. */
export const bytesIn = (rateKbps: number, ms: number): number => (rateKbps * ms) / 8
