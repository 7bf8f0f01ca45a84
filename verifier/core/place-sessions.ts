/**
 * In which round each session runs: the first one in which its provider has no other session, a lane is free and none
 * of its parties carries more than its capacity. First fit needs no look-ahead and gives every node the same plan.
 */
import { controlKbps, MIN_SENDERS, shareKbps } from '../../probe/share.js'
import type { Hex } from '../../proto/hex.js'
import type { FrozenVerifier } from './facts.js'

export interface DrawnSession {
  readonly provider: Hex
  readonly providerIndex: number
  readonly claimKbps: number
  /** registry index, as are the senders */
  readonly receiver: number
  /** in slot order */
  readonly senders: readonly number[]
}

export interface Session extends DrawnSession {
  /** from 0; the session's slot begins `leadMs + round · slotMs` into the epoch */
  readonly round: number
}

/** What is taken of one round. */
interface Round {
  readonly providers: Set<Hex>
  readonly loadKbps: Map<number, number>
}

export function placeSessions(
  drawn: readonly DrawnSession[],
  verifiers: readonly FrozenVerifier[],
  limits: { readonly rounds: number; readonly lanes: number },
): { sessions: Session[]; unplaced: DrawnSession[]; rounds: number } {
  const capacityKbps = new Map(verifiers.map(verifier => [verifier.index, verifier.capacityKbps]))
  const lanes = limits.lanes === 0 ? Number.POSITIVE_INFINITY : limits.lanes
  const rounds: Round[] = []
  const sessions: Session[] = []
  const unplaced: DrawnSession[] = []

  for (const session of drawn) {
    if (session.senders.length < MIN_SENDERS) {
      unplaced.push(session)
      continue
    }
    const loads = loadsOf(session)
    const fits = (round: Round): boolean =>
      round.providers.size < lanes &&
      !round.providers.has(session.provider) &&
      loads.every(([party, load]) => (round.loadKbps.get(party) ?? 0) + load <= capacityKbps.get(party)!)

    let at = rounds.findIndex(fits)
    if (at === -1 && rounds.length < limits.rounds) {
      const fresh = { providers: new Set<Hex>(), loadKbps: new Map<number, number>() }
      if (fits(fresh)) at = rounds.push(fresh) - 1
    }
    const round = rounds[at]
    if (round === undefined) {
      unplaced.push(session)
      continue
    }
    round.providers.add(session.provider)
    for (const [party, load] of loads) round.loadKbps.set(party, (round.loadKbps.get(party) ?? 0) + load)
    sessions.push({ ...session, round: at })
  }
  // A stable sort: within a round the order of the draw stays.
  sessions.sort((a, b) => a.round - b.round)
  return { sessions, unplaced, rounds: rounds.length }
}

/** A sender's load at a claim: its share, and its control datagrams beside it. */
export function senderLoadKbps(claimKbps: number, k: number): number {
  const share = shareKbps(claimKbps, k)
  return share + Math.ceil(controlKbps(share))
}

/** The receiver's is the most that can reach it: all k senders', from a provider that carries more than it claims. */
function loadsOf({ claimKbps, receiver, senders }: DrawnSession): [party: number, loadKbps: number][] {
  const share = senderLoadKbps(claimKbps, senders.length)
  return [[receiver, senders.length * share], ...senders.map((sender): [number, number] => [sender, share])]
}
