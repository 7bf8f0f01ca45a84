/**
 * The tally: from the votes of a provider's assigned receivers to its certified rate. Of n assigned receivers,
 * f = ⌊(n−1)/3⌋ may be Byzantine, and nothing is certified without 2f+1 usable votes. Then the low median has an honest
 * reading on either side, and a breach has f+1 honest witnesses. If receivers measure in groups, all members of a group
 * count with the group's reading (`group-reading.ts`).
 */
import { lowMedian, rankedLow } from '../../../probe/verdict/low-median.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { STATUS, type StatusCode } from '../../../proto/leaf.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import { COUNTED, type OpenWindow, type WindowVote } from '../../../proto/window-votes.js'
import { type AccountsInput, accountsOf, waitingVotes } from './accounts.js'
import type { VoteClass } from './classify-vote.js'
import type { CountedVote } from './encoded-vote.js'
import type { Account, GroupReading } from './group-reading.js'
import { soakLimitKbps, soakVotesInForce } from './soak-votes.js'

export interface TallyInput extends Omit<AccountsInput, 'due'> {
  /** registry indices of the assigned receivers of the whole window */
  readonly assigned: readonly number[]
  /** those whose session is due in this epoch (default: all) */
  readonly due?: readonly number[]
  /** votes of earlier epochs of the window (default: none) */
  readonly waiting?: readonly WindowVote[]
  readonly soak: SoakRules
}

export interface SoakRules {
  /** in force before this window ends */
  readonly held: readonly SoakVote[]
  /** the network has soaks, so nothing is certified before a soak has confirmed it */
  readonly needed: boolean
}

/** How one assigned receiver's vote counted, for a person to read. */
export interface VoteAccount {
  readonly receiver: number
  readonly vote?: CountedVote
  readonly counted: VoteClass
  readonly why: string
  /** the group whose sum counts for this receiver; absent for a receiver alone, and in an incomplete group */
  readonly group?: GroupReading
}

/** What the votes of a window say so far. */
export interface WindowTally {
  readonly status: StatusCode
  /** kbit/s at the IP layer, at most the claim and both limits below; 0 if the status is unmeasured */
  readonly rateKbps: number
  /** low median of the soak votes in force; undefined while they are fewer than a quorum */
  readonly soakLimitKbps: number | undefined
  /** in force once the window ends */
  readonly soakVotes: readonly SoakVote[]
  /** what the link carried of the provider beside a neighbour's larger group; undefined if there was none */
  readonly besideLimitKbps: number | undefined
  readonly breach: boolean
  /** fewer than 2f+1 receivers had a path to the provider */
  readonly pathless: boolean
  /** the link that most votes name, if at least f+1 do; undefined otherwise */
  readonly link: Hex | undefined
  /** n, with f, and the 2f+1 votes that a tally needs */
  readonly assigned: number
  readonly faults: number
  readonly quorum: number
  readonly usable: number
  readonly belowThreshold: number
}

export interface Tally extends WindowTally {
  /** one for every receiver that is due in this epoch, ascending */
  readonly receivers: readonly VoteAccount[]
  /** those of this epoch included */
  readonly votes: readonly WindowVote[]
}

export function tallyVotes(input: TallyInput): Tally {
  const { assigned, soak } = input
  const accounts = accountsOf({ ...input, due: input.due ?? assigned })
  const votes = [...(input.waiting ?? []), ...waitingVotes(accounts, input)]
  return {
    ...tallyWindow({ assigned: assigned.length, votes }, soak),
    votes,
    receivers: accounts.map(toRead),
  }
}

function toRead({ receiver, vote, counted, why, group }: Account): VoteAccount {
  if (vote === undefined) return { receiver, counted, why }
  return group === undefined ? { receiver, vote, counted, why } : { receiver, vote, counted, why, group }
}

export function tallyWindow({ assigned, votes }: Pick<OpenWindow, 'assigned' | 'votes'>, soak: SoakRules): WindowTally {
  const faults = Math.max(0, faultsTolerated(assigned))
  const quorum = 2 * faults + 1
  const rates = (...kinds: WindowVote['counted'][]) =>
    votes.filter(({ counted }) => kinds.includes(counted)).map(({ rateKbps }) => rateKbps)
  const readings = rates(COUNTED.rate, COUNTED.under)
  const atLeast = rates(COUNTED['at-least'])
  const belowThreshold = rates(COUNTED.under).length
  const usable = votes.filter(({ counted }) => counted !== COUNTED.ignored)
  const breach = belowThreshold >= quorum
  // In a breach, the reading that has f below it: the low median of exactly 2f+1 votes. Its rank does not move with the
  // number of votes, so that one more low vote can never raise the rate and so lower the penalty.
  const votedKbps = breach ? rankedLow(readings, faults) : bestLowMedian(readings, atLeast, quorum)
  // While a provider is off, only colluders can say that they soaked it, and they are at most f.
  const isReached = readings.length + atLeast.length > faults
  const cast = isReached ? soakVotesOf(votes) : []
  const soakVotes = soakVotesInForce(soak.held, cast, { quorum, assigned })
  const limitKbps = soakLimitKbps(soakVotes, quorum)
  const summary = {
    ...{
      soakVotes,
      soakLimitKbps: limitKbps,
      besideLimitKbps: besideLimit(votes),
      assigned,
      faults,
      quorum,
      usable: usable.length,
      belowThreshold,
    },
    pathless: isPathless(votes, usable, { faults, quorum }),
    link: linkNamed(votes, faults),
  }
  // Before its first soak, a provider may live on burst credit. A breach needs no soak: credit can only raise a reading.
  const confirmed = breach || limitKbps !== undefined || !soak.needed
  if (votedKbps === undefined || !confirmed)
    return { status: STATUS.unmeasured, rateKbps: 0, breach: false, ...summary }
  const rateKbps = Math.min(votedKbps, limitKbps ?? votedKbps, summary.besideLimitKbps ?? votedKbps)
  const isUnserving = votes.filter(({ serving }) => !serving).length >= quorum
  return { status: isUnserving ? STATUS.unserving : STATUS.measured, rateKbps, breach, ...summary }
}

/**
 * Providers of one link whose claims need different numbers of receivers at once: only some sessions of the smaller ran beside
 * the larger. Their low median limits its rate, so that both together are credited with no more than the link carries. Of
 * two tries the lower reading counts: else each provider could have the whole link in one of them.
 */
const besideLimit = (votes: readonly WindowVote[]): number | undefined =>
  lowMedian(
    votes
      .filter(({ beside, counted }) => beside && (counted === COUNTED.rate || counted === COUNTED.under))
      .map(({ lowerKbps }) => lowerKbps),
  )

/** Too few votes without those that found no path, and at least one honest receiver found none. */
const isPathless = (
  votes: readonly WindowVote[],
  usable: readonly WindowVote[],
  { faults, quorum }: Pick<WindowTally, 'faults' | 'quorum'>,
): boolean =>
  usable.filter(({ noPath }) => !noPath).length < quorum && votes.filter(({ noPath }) => noPath).length > faults

/**
 * At least one honest receiver names it. A provider that wants no link named must show each third of its receivers another
 * address, and then it needs that many lines. Of equal counts the lower hash.
 */
function linkNamed(votes: readonly Pick<WindowVote, 'link'>[], faults: number): Hex | undefined {
  const counts = new Map<Hex, number>()
  for (const { link } of votes) if (link !== ZERO_HASH) counts.set(link, (counts.get(link) ?? 0) + 1)
  const [most] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return most !== undefined && most[1] > faults ? most[0] : undefined
}

/**
 * The readings of soaks; zero from a receiver that the provider did not serve. Of two tries the lower reading counts: a
 * second try must not double the chance that senders lend. An accident lowers few of the votes, and so not their median.
 */
const soakVotesOf = (votes: readonly WindowVote[]): SoakVote[] =>
  votes.filter(({ soak }) => soak).map(({ receiver, epoch, lowerKbps }) => ({ receiver, epoch, rateKbps: lowerKbps }))

/**
 * The low median of the readings, or a higher one if lower bounds ("at least x") raise it. A lower bound may raise the
 * certified rate and never lowers it, so the best choice of bounds counts; the best choice of j bounds is the j largest.
 */
function bestLowMedian(readings: readonly number[], atLeast: readonly number[], quorum: number): number | undefined {
  const chosen = [...readings]
  const rest = [...atLeast].sort((a, b) => b - a)
  let best = chosen.length >= quorum ? lowMedian(chosen) : undefined
  for (const reading of rest) {
    chosen.push(reading)
    if (chosen.length >= quorum) best = Math.max(best ?? 0, lowMedian(chosen)!)
  }
  return best
}
