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
  /** all of this provider's sessions in the epoch are soaks */
  readonly soak: boolean
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

/** @param drawn in each item sessions that should run together; items in the order in which they are placed */
export function placeSessions(
  drawn: readonly (readonly DrawnSession[])[],
  verifiers: readonly FrozenVerifier[],
  limits: { readonly rounds: number; readonly lanes: number },
): { sessions: Session[]; unplaced: DrawnSession[]; rounds: number } {
  const capacityKbps = capacitiesOf(verifiers)
  const lanes = limits.lanes === 0 ? Number.POSITIVE_INFINITY : limits.lanes
  const rounds: Round[] = []
  const sessions: Session[] = []
  const unplaced: DrawnSession[] = []

  /** @returns whether a round had room for all of the sessions */
  const place = (together: readonly DrawnSession[]): boolean => {
    const loads = loadsOf(together)
    const fits = (round: Round): boolean =>
      round.providers.size + new Set(together.map(({ provider }) => provider)).size <= lanes &&
      !together.some(({ provider }) => round.providers.has(provider)) &&
      [...loads].every(([party, load]) => (round.loadKbps.get(party) ?? 0) + load <= capacityKbps.get(party)!)

    let at = rounds.findIndex(fits)
    if (at === -1 && rounds.length < limits.rounds) {
      const fresh = { providers: new Set<Hex>(), loadKbps: new Map<number, number>() }
      if (fits(fresh)) at = rounds.push(fresh) - 1
    }
    const round = rounds[at]
    if (round === undefined) return false
    for (const session of together) {
      round.providers.add(session.provider)
      sessions.push({ ...session, round: at })
    }
    for (const [party, load] of loads) round.loadKbps.set(party, (round.loadKbps.get(party) ?? 0) + load)
    return true
  }

  for (const together of drawn) {
    const hasSenders = (of: DrawnSession[]) => of.every(session => session.senders.length >= MIN_SENDERS)
    const able = byProvider(together).filter(hasSenders)
    unplaced.push(...together.filter(session => !able.flat().includes(session)))
    if (able.length > 0 && !place(able.flat()))
      unplaced.push(...able.filter(of => able.length === 1 || !place(of)).flat())
  }
  // A stable sort: within a round the order of the draw stays.
  sessions.sort((a, b) => a.round - b.round)
  return { sessions, unplaced, rounds: rounds.length }
}

function byProvider(sessions: readonly DrawnSession[]): DrawnSession[][] {
  const providers = [...new Set(sessions.map(({ provider }) => provider))]
  return providers.map(provider => sessions.filter(session => session.provider === provider))
}

/** A sender's load: its share of the claim, or in a soak its rate during its turn, and its control datagrams. */
export function senderLoadKbps(claimKbps: number, k: number, soak = false): number {
  const share = shareKbps(claimKbps, k)
  return (soak ? soakKbps(claimKbps, k) : share) + Math.ceil(controlKbps(share))
}

/** A receiver's load is the most that can reach it: the data of all k senders, if the provider carries more than its claim. */
function loadsOf(together: readonly DrawnSession[]): Map<number, number> {
  const loads = new Map<number, number>()
  const add = (party: number, loadKbps: number) => loads.set(party, (loads.get(party) ?? 0) + loadKbps)
  for (const { claimKbps, soak, receiver, senders } of together) {
    const k = senders.length
    // In a soak, too, all senders send together before they take turns.
    add(receiver, k * senderLoadKbps(claimKbps, k))
    for (const sender of senders) add(sender, senderLoadKbps(claimKbps, k, soak))
  }
  return loads
}
