/**
 * How much each sender offers. With k senders of which f' may be silent, slow or send garbage, the other k − f' must
 * still offer 1.1·claim, so all together are paced at m·claim with m = 1.1·k/(k−f').
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { CONTROL_PER_SECOND, CONTROL_SHARE } from '../constants.js'

/** Margin over the claim that the senders who do their part still offer. */
const MARGIN = 1.1

/** A direct probe has to show 1.15 times the reading: so much more is offered, and at least for this part of the claim. */
const DIRECT_OFFER = 1.3
const DIRECT_FLOOR = 0.1

/** What the only sender offers, where the receiver trusts it as itself: nobody makes up for what its machine holds up. */
const TRUSTED_MARGIN = 1.25

/** Sessions need at least two senders that the receiver has to believe: one alone could forge any low reading. */
export const MIN_SENDERS = 2

/** f': a minority of the k senders. */
export const toleratedSenders = (k: number): number => Math.floor((k - 1) / 2)

/** k − f' */
export const neededSenders = (k: number): number => k - toleratedSenders(k)

/** m, e.g. 1.65 for k = 3; k = 1 is a sender that the receiver trusts */
export const overdrive = (k: number): number => (k === 1 ? TRUSTED_MARGIN : (MARGIN * k) / neededSenders(k))

/** m·claim/k: one sender's share, kbit/s at the IP layer. */
export const shareKbps = (claimKbps: number, k: number): number => Math.ceil((overdrive(k) * claimKbps) / k)

/** What a sender offers in its turn of a soak, alone, kbit/s at the IP layer. */
export const turnKbps = (claimKbps: number, k: number): number =>
  k === 1 ? shareKbps(claimKbps, k) : Math.ceil(MARGIN * claimKbps)

/** The most that one sender of a soak is asked for at any time. */
export const soakKbps = (claimKbps: number, k: number): number =>
  Math.max(shareKbps(claimKbps, k), turnKbps(claimKbps, k))

/** What one sender's control datagrams take, at a share: kbit/s at the IP layer. */
export const controlKbps = (rateKbps: number): number =>
  Math.max(CONTROL_SHARE * rateKbps, (CONTROL_PER_SECOND * IP_DATAGRAM_BYTES * 8) / 1000)

/**
 * What each sender sends in a direct probe after a reading of `readingKbps`. Without f' of them it is still
 * DIRECT_OFFER · reading, as far as their share of the claim goes: below the slashing threshold that is far enough. A very low
 * reading is answered with some datagrams, too.
 */
export const directShareKbps = (readingKbps: number, claimKbps: number, k: number): number => {
  const wantedKbps = (DIRECT_OFFER * Math.max(readingKbps, DIRECT_FLOOR * claimKbps)) / neededSenders(k)
  return Math.min(Math.ceil(wantedKbps), shareKbps(claimKbps, k))
}

/** The largest share of any k: what a relay, which does not know k, lets one session ask for. */
export const maxShareKbps = (claimKbps: number): number => shareKbps(claimKbps, 1)

/** Bytes that a rate carries in a time. kbit/s are bits per millisecond. */
export const bytesIn = (rateKbps: number, ms: number): number => (rateKbps * ms) / 8
