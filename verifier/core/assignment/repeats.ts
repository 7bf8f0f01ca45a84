/**
 * Second tries. A receiver whose first session did not show that the provider keeps its claim measures once more, some
 * time later and with other senders: an accident that passes, or one sender that lies or fails, must not cost stake. Both
 * tries are part of the public assignment, so that senders know what they serve. Nobody can choose the second senders.
 */
import type { ChainFacts } from '../facts.js'
import { byProvider, type DrawnSession, inRound, type Placed, placeSessions, type Session } from './place.js'
import type { RoundLimits } from './rounds.js'
import type { SenderDraws } from './senders.js'

/**
 * Repeats begin after the last first try, and in the second half of the epoch if they then have room: the longer the time
 * between two tries, the longer an accident may last that does not spoil both. Each repeat runs at least as many rounds
 * after its first try as the first tries take in all. Sessions that ran together are repeated together.
 */
export function placeRepeats(
  facts: Pick<ChainFacts, 'verifiers'>,
  draws: SenderDraws,
  first: Placed,
  limits: RoundLimits,
): Session[] {
  const { rounds: firstRounds, together } = first
  const again = {
    count: together.length,
    sessionsOf: (item: number) => byProvider(together[item]!).flatMap(of => withOtherSenders(draws, of)),
    earliest: (item: number) => together[item]![0]!.round,
  }
  const placed = placeSessions(again, facts.verifiers, { ...limits, rounds: limits.rounds - firstRounds })
  const offset = Math.max(firstRounds, Math.min(Math.ceil(limits.rounds / 2), limits.rounds - placed.rounds))
  return placed.sessions.map(session => inRound(session, offset + session.round))
}

function withOtherSenders(draws: SenderDraws, first: readonly Session[]): DrawnSession[] {
  const members = first.map(({ receiver }) => receiver)
  const used = first.map(({ senders }) => senders)
  const taken: number[] = []
  return first.map(session => {
    const { provider, providerIndex, claimKbps, maySoak, receiver, startsWith } = session
    const senders = draws.of(session, { members, taken, used })
    taken.push(...senders)
    return { provider, providerIndex, claimKbps, maySoak, receiver, senders, startsWith }
  })
}
