/**
 * How much each sender offers. With k senders of which f' may be silent, slow or send garbage, the other k − f' must
 * still offer 1.1·claim, so all together are paced at m·claim with m = 1.1·k/(k−f').
 */

/** Margin over the claim that the senders who do their part still offer. */
const MARGIN = 1.1

/** Sessions need at least two senders: one alone could forge any low reading. */
export const MIN_SENDERS = 2

/** f': a minority of the k senders. */
export const toleratedSenders = (k: number): number => Math.floor((k - 1) / 2)

/** k − f' */
export const neededSenders = (k: number): number => k - toleratedSenders(k)

/** m, e.g. 1.65 for k = 3 */
export const overdrive = (k: number): number => (MARGIN * k) / neededSenders(k)

/** m·claim/k: one sender's share, kbit/s at the IP layer. */
export const shareKbps = (claimKbps: number, k: number): number => Math.ceil((overdrive(k) * claimKbps) / k)

/** The largest share of any k: what a relay, which does not know k, lets one session ask for. */
export const maxShareKbps = (claimKbps: number): number => shareKbps(claimKbps, MIN_SENDERS)

/** Bytes that a rate carries in a time. kbit/s are bits per millisecond. */
export const bytesIn = (rateKbps: number, ms: number): number => (rateKbps * ms) / 8
