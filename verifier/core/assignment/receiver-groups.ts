/**
 * Claims above what one receiver can take are measured by groups of receivers: each member measures its share of the
 * claim, all at the same time, and the sum of what they read is the group's word (`group-reading.ts`). Here: how large the
 * groups of a provider are, and who is in them.
 */
import { senderLoadKbps } from './place.js'

/** A group's word hangs on every member's, so one that lies or fails spoils the more, the larger groups are. */
export const MOST_RECEIVERS = 4

export interface DrawnReceivers {
  /** registry indices of the n assigned receivers, as they were drawn */
  readonly receivers: readonly number[]
  readonly claimKbps: number
  /** k */
  readonly senders: number
  readonly capacityKbps: ReadonlyMap<number, number>
  /** 2f+1 */
  readonly quorum: number
}

/** What one of `size` members measures. Never less in all than the claim. */
export const memberClaimKbps = (claimKbps: number, size: number): number => Math.ceil(claimKbps / size)

/**
 * The smallest size with which the whole groups of those able to carry a share hold a quorum; 1 is a receiver for itself.
 * Undefined if there is none: then nothing can be certified about the provider.
 */
export function groupSize(drawn: DrawnReceivers): number | undefined {
  for (let size = 1; size <= MOST_RECEIVERS; size++) {
    if (size * groupsOfSize(drawn, size).length >= drawn.quorum) return size
  }
  return undefined
}

/** Of the able ones, in the order of the draw. A remainder smaller than a group joins nobody. */
export function groupsOfSize(
  { receivers, claimKbps, senders, capacityKbps }: DrawnReceivers,
  size: number,
): number[][] {
  const loadKbps = senders * senderLoadKbps(memberClaimKbps(claimKbps, size), senders)
  const able = receivers.filter(receiver => capacityKbps.get(receiver)! >= loadKbps)
  return Array.from({ length: Math.floor(able.length / size) }, (_, i) => able.slice(i * size, (i + 1) * size))
}
