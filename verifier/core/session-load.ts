/**
 * What a session asks of its parties' links. The senders together offer m·claim with m = 1.1·k/(k−f'), so that the
 * provider still gets 1.1 times its claim when f' of the k are silent, slow or send garbage (k = 3, f' = 1: m = 1.65).
 */

const OFFERED_TENTHS = 11

/** f': how many of k senders may fail without costing an honest provider its reading; fewer than half. */
export const failingSendersTolerated = (k: number): number => Math.floor((k - 1) / 2)

/** One sender's share of m·claim, kbit/s at the IP layer, rounded up. */
export const senderLoadKbps = (claimKbps: number, k: number): number =>
  Math.ceil((OFFERED_TENTHS * claimKbps) / (10 * (k - failingSendersTolerated(k))))

/** The most that can reach the receiver: all k shares, from a provider that carries more than it claims. */
export const receiverLoadKbps = (claimKbps: number, k: number): number => k * senderLoadKbps(claimKbps, k)
