/**
 * The points that verifiers earn for sessions. A point is worth the same to everybody and whatever others do, so nobody
 * gains by making others fail: what is not earned stays in the pot.
 *
 *   a receiver's vote       the tally agrees   no tally yet, or it does not agree   it denies a breach
 *   a reading                      4                          2                             0
 *   a lower bound                  2                          1                             0
 *   served nothing                 4                          0                             -
 *   says nothing                   0                          0                             0
 *
 * A vote agrees with the tally if both are on the same side of the slashing threshold. So a lower bound, voted for ease,
 * earns half of a measurement; "no data" earns nothing; and a high vote to please a provider that failed earns nothing. A
 * low reading that others do not share may be honest, and still earns half. A vote that states no rate, such as `dead`, takes
 * no work and no decoy can judge it: others must bear it out.
 */
import type { Hex } from '../../../proto/hex.js'
import { OUTCOME } from '../../../proto/vote.js'
import type { Assignment, Session } from '../assignment/assign.js'
import type { CountedVote } from '../scoring/encoded-vote.js'
import type { Tally, VoteAccount } from '../scoring/tally.js'

/** The most that a session can earn its receiver. */
const RECEIVER_POINTS = 4
/** For each place of a sender. With two tries, two verifiers held the place, and each gets half. */
const SENDER_POINTS = 2

export interface SessionPoints {
  readonly received: number
  readonly sent: number
}

export type Sessions = Pick<Assignment, 'sessions' | 'triesOf'>

/** What all sessions of an epoch together can earn. */
export const mostPoints = ({ sessions }: Sessions): number =>
  sessions.reduce((sum, { senders }) => sum + RECEIVER_POINTS + SENDER_POINTS * senders.length, 0)

/** Adds up the points, provider by provider. */
export class PointsTally {
  readonly #points = new Map<number, SessionPoints>()

  constructor(private readonly sessions: Pick<Sessions, 'triesOf'>) {}

  add(provider: Hex, tally: Tally): void {
    for (const account of tally.receivers) {
      const [first, second] = this.sessions.triesOf(provider, account.receiver)
      if (first === undefined) continue
      const received = receiverPoints(account, tally)
      if (received > 0) this.#earn(account.receiver, received, 0)
      for (const [sender, sent] of senderPoints(account, first, second)) this.#earn(sender, 0, sent)
    }
  }

  /** @param index in the registry */
  of(index: number): SessionPoints {
    return this.#points.get(index) ?? NO_POINTS
  }

  #earn(index: number, received: number, sent: number): void {
    const before = this.of(index)
    this.#points.set(index, { received: before.received + received, sent: before.sent + sent })
  }
}

const NO_POINTS: SessionPoints = { received: 0, sent: 0 }

function receiverPoints({ vote, counted }: VoteAccount, { usable, quorum, breach }: Tally): number {
  if (vote === undefined || counted === 'ignored') return 0
  const isLow = counted === 'under'
  if (breach && !isLow) return 0
  const agrees = usable >= quorum && isLow === breach
  if (!agrees && !restsOnData(vote)) return 0
  return (agrees ? RECEIVER_POINTS : RECEIVER_POINTS / 2) / (counted === 'at-least' ? 2 : 1)
}

const WITH_DATA: readonly number[] = [OUTCOME.verified, OUTCOME.under, OUTCOME.atLeast]

const restsOnData = ({ outcome }: Pick<CountedVote, 'outcome'>): boolean => WITH_DATA.includes(outcome)

/** The senders whose data the receiver verified. Without a second try, the first one's places are whole. */
function senderPoints(
  { vote, counted }: VoteAccount,
  first: Session,
  second: Session | undefined,
): (readonly [sender: number, points: number])[] {
  if (vote === undefined || counted === 'ignored' || !restsOnData(vote)) return []
  if (vote.attempts <= 1 || second === undefined) {
    return verifiedSenders(vote.second ? second : first, vote.unverifiableSenders, SENDER_POINTS)
  }
  const [restsOn, other] = vote.second ? [second, first] : [first, second]
  return [
    ...verifiedSenders(restsOn, vote.unverifiableSenders, SENDER_POINTS / 2),
    ...verifiedSenders(other, vote.otherUnverifiable, SENDER_POINTS / 2),
  ]
}

/** @param unverifiable bits of the places whose sender spoiled its part or was missing */
const verifiedSenders = (session: Session | undefined, unverifiable: number, points: number) =>
  (session?.senders ?? [])
    .filter((_, place) => ((unverifiable >> place) & 1) === 0)
    .map(sender => [sender, points] as const)
