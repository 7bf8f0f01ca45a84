/**
 * In which round each session runs: the first round in which its provider has no other session, a lane is free, and no
 * party carries more than its capacity. First fit needs no look-ahead, and gives every node the same plan. Sessions that
 * should run together share a round. If no round has room for all of them, they are placed provider by provider. The
 * sessions of one provider, which are those of a group, always share a round.
 */
import { controlKbps, MIN_SENDERS, shareKbps, soakKbps } from '../../../probe/verdict/share.js'
import type { Hex } from '../../../proto/hex.js'
import { capacitiesOf, type FrozenVerifier } from '../facts.js'
import { groupBy } from '../group-by.js'
import { type Demand, type RoundLimits, Rounds } from './rounds.js'

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
  limits: RoundLimits,
  earliest: (item: number) => number = () => 0,
): Placed {
  const rounds = new Rounds(capacitiesOf(verifiers), limits)
  const together: Session[][] = []
  const unplaced: DrawnSession[] = []

  /** @returns whether a round had room for all of the sessions */
  const place = (drawn: readonly DrawnSession[], from: number): boolean => {
    const round = rounds.take(demandOf(drawn), from)
    if (round === undefined) return false
    together.push(drawn.map(session => inRound(session, round)))
    return true
  }

  for (const [i, item] of drawn.entries()) {
    const from = earliest(i)
    const [able, unable] = partition(byProvider(item), of => of.every(({ senders }) => senders.length >= MIN_SENDERS))
    for (const of of unable) unplaced.push(...of)
    if (able.length > 0 && !place(able.flat(), from))
      unplaced.push(...able.filter(of => able.length === 1 || !place(of, from)).flat())
  }
  // A stable sort: within a round the order of the draw stays.
  together.sort((a, b) => a[0]!.round - b[0]!.round)
  return { sessions: together.flat(), together, unplaced, rounds: rounds.used }
}

/** Written out: a spread of a session takes several times as long. */
export const inRound = (
  { provider, providerIndex, claimKbps, maySoak, receiver, senders, startsWith }: DrawnSession,
  round: number,
): Session => ({ provider, providerIndex, claimKbps, maySoak, receiver, senders, startsWith, round })

const partition = <T>(items: readonly T[], fits: (item: T) => boolean): [T[], T[]] => [
  items.filter(fits),
  items.filter(item => !fits(item)),
]

export function byProvider<T extends DrawnSession>(sessions: readonly T[]): (readonly T[])[] {
  if (sessions.every(({ provider }) => provider === sessions[0]!.provider))
    return sessions.length === 0 ? [] : [sessions]
  return [...groupBy(sessions, ({ provider }) => provider).values()]
}

/** A sender's load: its share of the claim, or what it sends in its turn of a soak, and its control datagrams. */
export function senderLoadKbps(claimKbps: number, k: number, maySoak = false): number {
  const share = shareKbps(claimKbps, k)
  return (maySoak ? soakKbps(claimKbps, k) : share) + Math.ceil(controlKbps(share))
}

/** A receiver's load is the most that can reach it: the data of all k senders, if the provider carries more than its claim. */
function demandOf(together: readonly DrawnSession[]): Demand {
  const [providers, parties, loadsKbps]: [Hex[], number[], number[]] = [[], [], []]
  const add = (party: number, loadKbps: number) => {
    const place = parties.indexOf(party)
    if (place >= 0) loadsKbps[place]! += loadKbps
    else loadsKbps[parties.push(party) - 1] = loadKbps
  }
  for (const { provider, claimKbps, maySoak, receiver, senders } of together) {
    if (!providers.includes(provider)) providers.push(provider)
    const k = senders.length
    // In a soak, too, all senders send together before they take turns.
    add(receiver, k * senderLoadKbps(claimKbps, k))
    const loadKbps = senderLoadKbps(claimKbps, k, maySoak)
    for (const sender of senders) add(sender, loadKbps)
  }
  return { providers, parties, loadsKbps }
}
