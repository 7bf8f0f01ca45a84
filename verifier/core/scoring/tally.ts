/**
 * The tally: from the votes of a provider's assigned receivers to its certified rate. Of n assigned receivers,
 * f = ⌊(n−1)/3⌋ may be Byzantine, and nothing is certified without 2f+1 usable votes. Then the low median has an honest
 * reading on either side, and a breach has f+1 honest witnesses. If receivers measure in groups, all members of a group
 * count with the group's reading (`group-reading.ts`).
 */
import { lowMedian, rankedLow } from '../../../probe/verdict/low-median.js'
import type { Hex } from '../../../proto/hex.js'
import { STATUS, type StatusCode } from '../../../proto/leaf.js'
import type { OpenWindow } from '../../../proto/open-window.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import { COUNTED, WindowVotes } from '../../../proto/window-votes.js'
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
  readonly waiting?: WindowVotes
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
  readonly votes: WindowVotes
}

export function tallyVotes(input: TallyInput): Tally {
  const { assigned, due = assigned, waiting = WindowVotes.NONE, soak } = input
  const accounts = accountsOf(input, due)
  const votes = waiting.with(waitingVotes(accounts, input.beside ?? []))
  const tally = tallyWindow({ assigned: assigned.length, votes }, soak)
  return Object.assign(tally, { votes, receivers: accounts.map(toRead) })
}

function toRead({ receiver, vote, counted, why, group }: Account): VoteAccount {
  if (vote === undefined) return { receiver, counted, why }
  return group === undefined ? { receiver, vote, counted, why } : { receiver, vote, counted, why, group }
}

export function tallyWindow({ assigned, votes }: Pick<OpenWindow, 'assigned' | 'votes'>, soak: SoakRules): WindowTally {
  const faults = Math.max(0, faultsTolerated(assigned))
  const quorum = 2 * faults + 1
  const said = whatTheySay(votes)
  const { readings, atLeast, belowThreshold, usable } = said
  const isBreach = belowThreshold >= quorum
  // In a breach, the reading that has f below it: the low median of exactly 2f+1 votes. Its rank does not move with the
  // number of votes, so that one more low vote can never raise the rate and so lower the penalty.
  const votedKbps = isBreach ? rankedLow(readings, faults) : bestLowMedian(readings, atLeast, quorum)
  // While a provider is off, only colluders can say that they soaked it, and they are at most f.
  const isReached = readings.length + atLeast.length > faults
  const soakVotes = soakVotesInForce(soak.held, isReached ? said.soakVotes : [], { quorum, assigned })
  const limitKbps = soakLimitKbps(soakVotes, quorum)
  // Providers of one link whose claims need different numbers of receivers at once: only some sessions of the smaller ran
  // beside the larger. Their low median limits its rate, so that both together get credit for no more than the link carries.
  const besideKbps = lowMedian(said.besideKbps)
  // Before its first soak, a provider may live on burst credit. A breach needs no soak: credit can only raise a reading.
  const isConfirmed = isBreach || limitKbps !== undefined || !soak.needed
  const rateKbps =
    votedKbps === undefined || !isConfirmed
      ? undefined
      : Math.min(votedKbps, limitKbps ?? votedKbps, besideKbps ?? votedKbps)
  const served = said.unserved >= quorum ? STATUS.unserving : STATUS.measured
  return {
    status: rateKbps === undefined ? STATUS.unmeasured : served,
    rateKbps: rateKbps ?? 0,
    soakLimitKbps: limitKbps,
    soakVotes,
    besideLimitKbps: besideKbps,
    breach: rateKbps !== undefined && isBreach,
    // Too few votes without those that found no path, and at least one honest receiver found none.
    pathless: usable - said.usableWithoutPath < quorum && said.withoutPath > faults,
    link: linkNamed(votes, faults),
    assigned,
    faults,
    quorum,
    usable,
    belowThreshold,
  }
}

/** What the votes of a window say, each by itself. */
interface Said {
  /** rates that were read, kbit/s */
  readonly readings: number[]
  /** lower bounds */
  readonly atLeast: number[]
  /** of two tries the lower reading: else each of two providers could have the whole link in one of them */
  readonly besideKbps: number[]
  /**
   * The readings of soaks; zero from a receiver that the provider did not serve. Of two tries the lower reading counts: a
   * second try must not double the chance that senders lend. An accident lowers few of the votes, and so not their median.
   */
  readonly soakVotes: SoakVote[]
  belowThreshold: number
  usable: number
  withoutPath: number
  usableWithoutPath: number
  unserved: number
}

/** In one pass, without an object for each vote: a report of a large network has millions. */
function whatTheySay(votes: WindowVotes): Said {
  const said: Said = {
    readings: [],
    atLeast: [],
    besideKbps: [],
    soakVotes: [],
    belowThreshold: 0,
    usable: 0,
    withoutPath: 0,
    usableWithoutPath: 0,
    unserved: 0,
  }
  for (let i = 0; i < votes.count; i++) {
    const counted = votes.counted(i)
    if (counted !== COUNTED.ignored) said.usable++
    if (counted === COUNTED.under) said.belowThreshold++
    if (counted === COUNTED['at-least']) said.atLeast.push(votes.rateKbps(i))
    if (counted === COUNTED.rate || counted === COUNTED.under) {
      said.readings.push(votes.rateKbps(i))
      if (votes.isBeside(i)) said.besideKbps.push(votes.lowerKbps(i))
    }
    if (votes.isSoak(i)) {
      const { receiver, epoch, lowerKbps } = votes.at(i)
      said.soakVotes.push({ receiver, epoch, rateKbps: lowerKbps })
    }
    if (!votes.isServing(i)) said.unserved++
    if (!votes.hasNoPath(i)) continue
    said.withoutPath++
    if (counted !== COUNTED.ignored) said.usableWithoutPath++
  }
  return said
}

/**
 * At least one honest receiver names it. A provider that wants no link named must show each third of its receivers another
 * address, and then it needs that many lines. Of equal counts the lower hash.
 */
function linkNamed(votes: WindowVotes, faults: number): Hex | undefined {
  /** the first vote on each link, and how many name it */
  const firsts: number[] = []
  const counts: number[] = []
  for (let i = 0; i < votes.count; i++) {
    if (!votes.hasLink(i)) continue
    let of = 0
    while (of < firsts.length && !votes.isSameLink(firsts[of]!, i)) of++
    firsts[of] ??= i
    counts[of] = (counts[of] ?? 0) + 1
  }
  const most = Math.max(...counts)
  if (most <= faults) return undefined
  const named = firsts.filter((_, of) => counts[of] === most).map(first => votes.link(first))
  return named.sort()[0]
}

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
