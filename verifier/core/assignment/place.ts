/**
 * In which round each session runs: the first round in which its provider has no other session, a lane is free, and no
 * party carries more than its capacity. First fit needs no look-ahead, and gives every node the same plan. Sessions that
 * should run together share a round. If no round has room for all of them, they are placed provider by provider. The
 * sessions of one provider, which are those of a group, always share a round.
 */
import { controlKbps, MIN_SENDERS, shareKbps, soakKbps } from '../../../probe/verdict/share.js'
import type { Hex } from '../../../proto/hex.js'
import { capacitiesOf, type FrozenVerifier } from '../facts.js'

export interface DrawnSession {
  readonly provider: Hex
  readonly providerIndex: number
  /** rate to measure: the provider's claim, or the share of one member of a group */
  readonly claimKbps: number
  /** The network has soaks. Who soaks is secret, so the plan leaves room for a soak in every session. */
  readonly maySoak: boolean
  /** registry index, as are the senders */
  readonly receiver: number
  /** in slot order */
  readonly senders: readonly number[]
  /**
   * The provider whose schedule sets the start within the slot: the same for all sessions that run together. Undefined for
   * a group of receivers, who start at an instant that all of them know (see `groupOffsetMs`).
   */
  readonly startsWith: Hex | undefined
}

export interface Session extends DrawnSession {
  /** from 0; see `slotStartMs` for the slot of a round */
  readonly round: number
}

/** The capacity of one round that is taken. */
interface Round {
  readonly providers: Set<Hex>
  readonly loadKbps: Map<number, number>
}

export interface PlaceLimits {
  readonly rounds: number
  /** 0 for no limit */
  readonly lanes: number
}

export interface Placed {
  /** ascending by round */
  readonly sessions: Session[]
  /** the same, each with those that were placed together with it */
  readonly together: Session[][]
  readonly unplaced: DrawnSession[]
  readonly rounds: number
}

/**
 * @param drawn in each item sessions that should run together; items in the order in which they are placed
 * @param earliest the first round that an item may take (default: any)
 */
export function placeSessions(
  drawn: readonly (readonly DrawnSession[])[],
  verifiers: readonly FrozenVerifier[],
  limits: PlaceLimits,
  earliest: (item: number) => number = () => 0,
): Placed {
  const capacityKbps = capacitiesOf(verifiers)
  const lanes = limits.lanes === 0 ? Number.POSITIVE_INFINITY : limits.lanes
  const rounds: Round[] = []
  const together: Session[][] = []
  const unplaced: DrawnSession[] = []

  /** @returns whether a round had room for all of the sessions */
  const place = (drawn: readonly DrawnSession[], from: number): boolean => {
    const loads = loadsOf(drawn)
    const fits = (round: Round): boolean =>
      round.providers.size + new Set(drawn.map(({ provider }) => provider)).size <= lanes &&
      !drawn.some(({ provider }) => round.providers.has(provider)) &&
      [...loads].every(([party, load]) => (round.loadKbps.get(party) ?? 0) + load <= capacityKbps.get(party)!)

    const freshRound = (): Round => ({ providers: new Set(), loadKbps: new Map() })
    let at = rounds.findIndex((round, i) => i >= from && fits(round))
    if (at === -1 && Math.max(rounds.length, from) < limits.rounds && fits(freshRound())) {
      while (rounds.length < from) rounds.push(freshRound())
      at = rounds.push(freshRound()) - 1
    }
    const round = rounds[at]
    if (round === undefined) return false
    for (const { provider } of drawn) round.providers.add(provider)
    together.push(drawn.map(session => ({ ...session, round: at })))
    for (const [party, load] of loads) round.loadKbps.set(party, (round.loadKbps.get(party) ?? 0) + load)
    return true
  }

  for (const [i, item] of drawn.entries()) {
    const from = earliest(i)
    const hasSenders = (of: DrawnSession[]) => of.every(session => session.senders.length >= MIN_SENDERS)
    const able = byProvider(item).filter(hasSenders)
    unplaced.push(...item.filter(session => !able.flat().includes(session)))
    if (able.length > 0 && !place(able.flat(), from))
      unplaced.push(...able.filter(of => able.length === 1 || !place(of, from)).flat())
  }
  // A stable sort: within a round the order of the draw stays.
  together.sort((a, b) => a[0]!.round - b[0]!.round)
  return { sessions: together.flat(), together, unplaced, rounds: rounds.length }
}

export function byProvider<T extends DrawnSession>(sessions: readonly T[]): T[][] {
  const providers = [...new Set(sessions.map(({ provider }) => provider))]
  return providers.map(provider => sessions.filter(session => session.provider === provider))
}

/** A sender's load: its share of the claim, or what it sends in its turn of a soak, and its control datagrams. */
export function senderLoadKbps(claimKbps: number, k: number, maySoak = false): number {
  const share = shareKbps(claimKbps, k)
  return (maySoak ? soakKbps(claimKbps, k) : share) + Math.ceil(controlKbps(share))
}

/** A receiver's load is the most that can reach it: the data of all k senders, if the provider carries more than its claim. */
function loadsOf(together: readonly DrawnSession[]): Map<number, number> {
  const loads = new Map<number, number>()
  const add = (party: number, loadKbps: number) => loads.set(party, (loads.get(party) ?? 0) + loadKbps)
  for (const { claimKbps, maySoak, receiver, senders } of together) {
    const k = senders.length
    // In a soak, too, all senders send together before they take turns.
    add(receiver, k * senderLoadKbps(claimKbps, k))
    for (const sender of senders) add(sender, senderLoadKbps(claimKbps, k, maySoak))
  }
  return loads
}
