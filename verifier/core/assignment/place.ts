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
import { type RoundLimits, Rounds } from './rounds.js'

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
    const providers = new Set(drawn.map(({ provider }) => provider))
    const round = rounds.take({ providers, loads: loadsOf(drawn) }, from)
    if (round === undefined) return false
    together.push(drawn.map(session => ({ ...session, round })))
    return true
  }

  for (const [i, item] of drawn.entries()) {
    const from = earliest(i)
    const [able, unable] = partition(byProvider(item), of => of.every(({ senders }) => senders.length >= MIN_SENDERS))
    unplaced.push(...unable.flat())
    if (able.length > 0 && !place(able.flat(), from))
      unplaced.push(...able.filter(of => able.length === 1 || !place(of, from)).flat())
  }
  // A stable sort: within a round the order of the draw stays.
  together.sort((a, b) => a[0]!.round - b[0]!.round)
  return { sessions: together.flat(), together, unplaced, rounds: rounds.used }
}

const partition = <T>(items: readonly T[], fits: (item: T) => boolean): [T[], T[]] => [
  items.filter(fits),
  items.filter(item => !fits(item)),
]

export const byProvider = <T extends DrawnSession>(sessions: readonly T[]): T[][] => [
  ...groupBy(sessions, ({ provider }) => provider).values(),
]

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
