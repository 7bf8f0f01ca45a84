/** How one vote counts, and why. The operator of the provider reads the reason. */
import { CONTROL_LOSS_BPS, DIRECT_PERCENT, OFFERED_PERCENT } from '../../../probe/verdict/other-limit.js'
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME } from '../../../proto/vote.js'
import type { CountedVote } from './encoded-vote.js'
import { noPathText } from './no-path.js'
import { isBelowThreshold } from './slashing-threshold.js'
import { mayLackPath } from './standing.js'

/**
 * rate: a reading at or above the slashing threshold. under: a reading that also counts towards a breach. at-least: a
 * lower bound. ignored: the vote says nothing about the provider. missing: no vote.
 */
export type VoteClass = 'rate' | 'under' | 'at-least' | 'ignored' | 'missing'

export interface ClassifiedVote {
  readonly counted: VoteClass
  /** at most the claim; 0 if the provider served nothing or the vote says nothing */
  readonly rateKbps: number
  /** false if the provider was up and the receiver still got nothing that it could verify */
  readonly serving: boolean
  readonly why: string
}

/** What the network's rules and the chain say of a provider's votes in one epoch. */
export interface VoteRules {
  /** whether the session of this vote was due to be a soak */
  readonly isSoak: (vote: Pick<CountedVote, 'receiver' | 'scheduleProof'>) => boolean
  /** windows without a path that the provider has not made good yet, in quarters */
  readonly pathlessQ2: number
  readonly params: Pick<NetworkParams, 'breachBps'>
}

/** Sessions that a receiver must have run before it blames a provider. */
const TRIES = 2

/** What counts against a provider needs two tries. Groups of receivers ask for them by themselves (`group-reading.ts`). */
export function classifyVote(vote: CountedVote, claimKbps: number, rules: VoteRules): ClassifiedVote {
  const classified = classifyTry(vote, claimKbps, rules)
  return classified.counted === 'under' && !isTwice(vote) ? ONCE : classified
}

export const isTwice = ({ attempts }: Pick<CountedVote, 'attempts'>): boolean => attempts >= TRIES

/** How a low reading counts that rests on one session. */
export const ONCE: ClassifiedVote = {
  ...{ counted: 'ignored', rateKbps: 0, serving: true },
  why: 'a low reading needs a second session with other senders, and the receiver had only one',
}

/** What the rules read of one of a receiver's sessions. */
export type TriedVote = Pick<
  CountedVote,
  | 'receiver'
  | 'outcome'
  | 'rateKbps'
  | 'offeredKbps'
  | 'directKbps'
  | 'controlLossBps'
  | 'ticksSent'
  | 'ticksAnswered'
  | 'soak'
  | 'scheduleProof'
  | 'attempts'
  | 'cause'
>

/** The receiver's other session as a vote of its own; undefined if it had only one. */
export function otherTry(vote: CountedVote): TriedVote | undefined {
  if (vote.otherOutcome === 0) return undefined
  const { receiver, ticksSent, ticksAnswered, soak, scheduleProof, attempts, cause } = vote
  return {
    ...{ receiver, ticksSent, ticksAnswered, soak, scheduleProof, attempts, cause },
    ...{ outcome: vote.otherOutcome, rateKbps: vote.otherKbps },
    ...JUDGED,
  }
}

/** The vote has the figures of one session. For the other, the receiver's own judgement stands. */
const JUDGED = { offeredKbps: 0xffffffff, directKbps: 0xffffffff, controlLossBps: 0 }

/** How one session counts, whether or not there was another. */
export function classifyTry(
  vote: TriedVote,
  claimKbps: number,
  { isSoak, pathlessQ2, params }: VoteRules,
): ClassifiedVote {
  const rateKbps = Math.min(vote.rateKbps, claimKbps)
  const low = isBelowThreshold(rateKbps, claimKbps, params.breachBps)
  const unserving = (why: string): ClassifiedVote => ({ counted: 'under', rateKbps: 0, serving: false, why })
  const reading = (counted: VoteClass, why: string): ClassifiedVote => ({ counted, rateKbps, serving: true, why })
  const ignored = (why: string): ClassifiedVote => ({ counted: 'ignored', rateKbps: 0, serving: true, why })

  if (vote.soak !== isSoak(vote)) {
    return ignored(
      vote.soak
        ? 'the vote claims a soak, and its schedule drew none'
        : 'the vote claims no soak, and its schedule drew one',
    )
  }
  const doubt = doubtOf(vote, claimKbps)
  switch (vote.outcome) {
    case OUTCOME.verified:
      return low
        ? ignored('the vote contradicts itself: claim kept, but a rate below the slashing threshold')
        : reading('rate', 'measured')
    case OUTCOME.under:
      if (!low) return reading('rate', 'measured at or above the slashing threshold')
      return doubt
        ? ignored(`a low reading needs more evidence: ${doubt}`)
        : reading('under', 'below the threshold; every other link was shown to be faster')
    case OUTCOME.atLeast:
      return low
        ? ignored(`${doubt ?? 'the reading left doubt'}, and the lower bound is below the slashing threshold`)
        : reading('at-least', `${doubt ?? 'the reading left doubt'}; as a lower bound it can only raise the rate`)
    case OUTCOME.refused:
      return unserving('the provider was up and refused the session')
    case OUTCOME.dead:
      return unserving('the provider took the session, and no verified data arrived')
    case OUTCOME.garbage:
      return unserving('the data that arrived was not the data that the senders had committed to')
    case OUTCOME.noData:
      return ignored(noDataText(vote))
    case OUTCOME.noPath:
      return mayLackPath(pathlessQ2)
        ? ignored(noPathText(vote))
        : unserving(
            `${noPathText(vote)}; it was so in five windows or more, and the provider has not served enough since`,
          )
    default:
      return ignored(`outcome ${vote.outcome} is unknown`)
  }
}

/** The vote holds no more than this; the transcript of its session names the reason. */
const noDataText = ({ attempts, ticksSent, ticksAnswered }: TriedVote): string => {
  if (attempts === 0) return 'no session took place'
  if (ticksSent > 0n && ticksAnswered === 0n)
    return 'no session came about, and the provider answered no heartbeat either'
  return 'a session took place and says nothing about the provider; its transcript names the reason'
}

/** Why the limit may lie elsewhere than at the provider, by the vote's own figures; undefined if nothing says so. */
function doubtOf(
  { offeredKbps, controlLossBps, directKbps, rateKbps }: TriedVote,
  claimKbps: number,
): string | undefined {
  if (offeredKbps * 100 < OFFERED_PERCENT * claimKbps) return 'the senders offered too little'
  if (controlLossBps > CONTROL_LOSS_BPS)
    return 'control datagrams, which do not pass through the provider, were lost too'
  if (directKbps * 100 < DIRECT_PERCENT * rateKbps) return 'the direct path was not shown to be faster'
  return undefined
}
