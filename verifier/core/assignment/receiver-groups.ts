/**
 * A group of receivers measures a claim that is too large for one: each member measures its share of the claim, all at
 * the same time, and the sum of their readings is the group's reading (`group-reading.ts`). This file says how large the
 * groups of a provider are, and which receivers they hold.
 */
import { senderLoadKbps } from './place.js'

/** A group's reading needs every member's. The larger the groups, the more one member that lies or fails spoils. */
export const MOST_RECEIVERS = 4

export interface DrawnReceivers {
  /** registry indices of the n assigned receivers, in the order of the draw */
  readonly receivers: readonly number[]
  readonly claimKbps: number
  /** k */
  readonly senders: number
  readonly capacityKbps: ReadonlyMap<number, number>
  /** 2f+1 */
  readonly quorum: number
}

/** The share that one of `size` members measures. All shares together are at least the claim. */
export const memberClaimKbps = (claimKbps: number, size: number): number => Math.ceil(claimKbps / size)

/**
 * The smallest size at which the complete groups hold a quorum of receivers; 1 means that each receiver measures alone.
 * Undefined if no size suffices: then nothing can be certified about the provider.
 */
export function groupSize(drawn: DrawnReceivers): number | undefined {
  for (let size = 1; size <= MOST_RECEIVERS; size++) {
    const able = ableReceivers(drawn, size).length
    if (able - (able % size) >= drawn.quorum) return size
  }
  return undefined
}

/** The groups of a provider; undefined if each receiver measures alone, also if no size suffices. */
export function groupsOf(drawn: DrawnReceivers): number[][] | undefined {
  const size = groupSize(drawn)
  return size === undefined || size === 1 ? undefined : groupsOfSize(drawn, size)
}

/** Each receiver for itself. */
export const eachAlone = (receivers: readonly number[]): number[][] => receivers.map(receiver => [receiver])

/** Groups of the receivers whose capacity suffices for a share, in the order of the draw. A remainder joins no group. */
export function groupsOfSize(drawn: DrawnReceivers, size: number): number[][] {
  const able = ableReceivers(drawn, size)
  return Array.from({ length: Math.floor(able.length / size) }, (_, i) => able.slice(i * size, (i + 1) * size))
}

function ableReceivers({ receivers, claimKbps, senders, capacityKbps }: DrawnReceivers, size: number): number[] {
  const loadKbps = senders * senderLoadKbps(memberClaimKbps(claimKbps, size), senders)
  return receivers.filter(receiver => capacityKbps.get(receiver)! >= loadKbps)
}

/**
 * Few groups, spread evenly over the passes of a neighbour that has more of them. In its pass, the neighbour's own receivers
 * are others wherever possible, since one receiver may lack the capacity for both.
 * @param most the neighbour's, one for each pass
 * @returns one for each pass, an empty one where there is none
 */
export function beside(most: readonly (readonly number[])[], groups: readonly number[][]): readonly number[][] {
  if (groups.length === most.length) return groups
  const spread: number[][] = most.map(() => [])
  for (const [i, group] of groups.entries()) {
    const from = Math.floor((i * most.length) / groups.length)
    const free = most.map((_, k) => (from + k) % most.length).filter(pass => spread[pass]!.length === 0)
    const apart = free.find(pass => !most[pass]!.some(receiver => group.includes(receiver)))
    spread[apart ?? free[0]!] = group
  }
  return spread
}
