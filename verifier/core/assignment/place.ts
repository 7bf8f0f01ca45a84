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

/** What is to be placed, item by item: sessions that should run together. */
export interface Items {
  readonly count: number
  /** The same each time. */
  sessionsOf(item: number): readonly DrawnSession[]
  /** The first round that an item may take (default: any). */
  earliest?(item: number): number
  /** Whether it is certain, before the item's senders are drawn, that no round has room for any of its sessions. */
  isHopeless?(item: number, rounds: Pick<Rounds, 'hasRoom'>): boolean
}

export interface Placed {
  /** ascending by round */
  readonly sessions: Session[]
  /** the same, each with those that were placed together with it */
  readonly together: Session[][]
  /** Draws them again: in an epoch that is full they are many more than those that were placed. */
  unplaced(): DrawnSession[]
  readonly rounds: number
}

export function placeSessions(items: Items, verifiers: readonly FrozenVerifier[], limits: RoundLimits): Placed {
  const rounds = new Rounds(capacitiesOf(verifiers), limits)
  const together: Session[][] = []
  /** items of which no session was placed; and the others' sessions that were not */
  const unplaced: (number | readonly DrawnSession[])[] = []

  /** @returns whether a round had room for all of the sessions */
  const place = (drawn: readonly DrawnSession[], from: number): boolean => {
    const round = rounds.take(demandOf(drawn), from)
    if (round === undefined) return false
    together.push(drawn.map(session => inRound(session, round)))
    return true
  }

  for (let item = 0; item < items.count; item++) {
    if (items.isHopeless?.(item, rounds)) {
      unplaced.push(item)
      continue
    }
    const from = items.earliest?.(item) ?? 0
    const [able, unable] = byAbility(items.sessionsOf(item))
    const left =
      able.length > 0 && place(able.flat(), from) ? [] : able.filter(of => able.length === 1 || !place(of, from))
    if (left.length === able.length) unplaced.push(item)
    else if (unable.length + left.length > 0) unplaced.push([...unable, ...left].flat())
  }
  // A stable sort: within a round the order of the draw stays.
  together.sort((a, b) => a[0]!.round - b[0]!.round)
  return {
    ...{ sessions: together.flat(), together, rounds: rounds.used },
    unplaced: () =>
      unplaced.flatMap(one => (typeof one === 'number' ? byAbility(items.sessionsOf(one)).reverse().flat(2) : one)),
  }
}

/** The sessions of each provider: of those that have enough senders, and of the others. */
const byAbility = (sessions: readonly DrawnSession[]) =>
  partition(byProvider(sessions), of => of.every(({ senders }) => senders.length >= MIN_SENDERS))

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
    add(receiver, receiverLoadKbps(claimKbps, k))
    const loadKbps = senderLoadKbps(claimKbps, k, maySoak)
    for (const sender of senders) add(sender, loadKbps)
  }
  return { providers, parties, loadsKbps }
}

/** The least that a session may take of its receiver's capacity, whoever its senders are; infinite if it cannot have enough. */
export function leastReceiverKbps(claimKbps: number, mostSenders: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let k = MIN_SENDERS; k <= mostSenders; k++) least = Math.min(least, receiverLoadKbps(claimKbps, k))
  return least
}

/** In a soak, too, all senders send together before they take turns. */
const receiverLoadKbps = (claimKbps: number, k: number): number => k * senderLoadKbps(claimKbps, k)
