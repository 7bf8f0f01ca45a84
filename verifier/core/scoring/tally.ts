/**
 * The tally: from the votes of a provider's assigned receivers to its certified rate. Of n assigned receivers,
 * f = ⌊(n−1)/3⌋ may be Byzantine, and nothing is certified without 2f+1 usable votes. Then the low median has an honest
 * reading on either side, and a breach has f+1 honest witnesses. If receivers measure in groups, all members of a group
 * count with the group's reading (`group-reading.ts`).
 */
import { lowMedian, rankedLow } from '../../../probe/verdict/low-median.js'
import { STATUS, type StatusCode } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { memberClaimKbps } from '../assignment/receiver-groups.js'
import { classifyVote, type VoteClass, type VoteRules } from './classify-vote.js'
import { type Account, type GroupReading, memberOf, readGroup } from './group-reading.js'
import { soakLimitKbps, soakVotesInForce } from './soak-votes.js'

export interface TallyInput {
  /** of this epoch, for this provider; a vote of a receiver that is not assigned, or that voted twice, does not count */
  readonly votes: readonly Vote[]
  /** registry indices of the assigned receivers */
  readonly assigned: readonly number[]
  /** assigned receivers that measure together; none if each receiver measures the whole claim */
  readonly groups: readonly (readonly number[])[]
  readonly claimKbps: number
  readonly params: Pick<NetworkParams, 'breachBps' | 'senders'>
  /** windows for which the provider has been unmeasured */
  readonly unmeasuredRun: number
  readonly soak: {
    /** this epoch is a soak for this provider */
    readonly now: boolean
    /** the carry-over of the last report */
    readonly held: readonly SoakVote[]
    /** the network has soaks, so nothing is certified before a soak has confirmed it */
    readonly needed: boolean
  }
}

/** How one assigned receiver's vote counted, for a person to read. */
export interface VoteAccount {
  readonly receiver: number
  readonly vote?: Vote
  readonly counted: VoteClass
  readonly why: string
  /** the group whose sum counts for this receiver; absent for a receiver alone, and in an incomplete group */
  readonly group?: GroupReading
}

export interface Tally {
  readonly status: StatusCode
  /** kbit/s at the IP layer, at most the claim and the soak limit; 0 if the status is unmeasured */
  readonly rateKbps: number
  /** low median of the soak votes in force; undefined while they are fewer than a quorum */
  readonly soakLimitKbps: number | undefined
  /** in force from this epoch on */
  readonly soakVotes: readonly SoakVote[]
  readonly breach: boolean
  /** fewer than 2f+1 receivers had a path to the provider */
  readonly pathless: boolean
  /** n, with f, and the 2f+1 votes that a tally needs */
  readonly assigned: number
  readonly faults: number
  readonly quorum: number
  readonly usable: number
  readonly belowThreshold: number
  /** one for every assigned receiver, ascending */
  readonly receivers: readonly VoteAccount[]
}

export function tallyVotes(input: TallyInput): Tally {
  const n = input.assigned.length
  const faults = Math.max(0, faultsTolerated(n))
  const quorum = 2 * faults + 1
  const accounts = accountFor(input)

  const readings: number[] = []
  const atLeast: number[] = []
  let belowThreshold = 0
  let unserving = 0
  for (const { counted, rateKbps, serving } of accounts) {
    if (counted === 'rate' || counted === 'under') readings.push(rateKbps)
    if (counted === 'at-least') atLeast.push(rateKbps)
    if (counted === 'under') belowThreshold++
    if (!serving) unserving++
  }
  const breach = belowThreshold >= quorum
  // In a breach, the reading that has f below it: the low median of exactly 2f+1 votes. Its rank does not move with the
  // number of votes, so that one more low vote can never raise the rate and so lower the penalty.
  const votedKbps = breach ? rankedLow(readings, faults) : bestLowMedian(readings, atLeast, quorum)
  const soakVotes = soakVotesInForce(input.soak.held, input.soak.now ? soakVotesOf(accounts) : [], quorum)
  const limitKbps = soakLimitKbps(soakVotes, quorum)
  const summary = {
    soakVotes,
    soakLimitKbps: limitKbps,
    assigned: n,
    faults,
    quorum,
    usable: readings.length + atLeast.length,
    pathless: accounts.filter(one => isUsable(one) && one.vote?.outcome !== OUTCOME.noPath).length < quorum,
    belowThreshold,
    receivers: accounts.map(({ receiver, vote, counted, why, group }) => ({
      ...{ receiver, counted, why },
      ...(vote && { vote }),
      ...(group && { group }),
    })),
  }
  // Before its first soak, a provider may live on burst credit. A breach needs no soak: credit can only raise a reading.
  const confirmed = breach || limitKbps !== undefined || !input.soak.needed
  if (votedKbps === undefined || !confirmed)
    return { status: STATUS.unmeasured, rateKbps: 0, breach: false, ...summary }
  const rateKbps = Math.min(votedKbps, limitKbps ?? votedKbps)
  return { status: unserving >= quorum ? STATUS.unserving : STATUS.measured, rateKbps, breach, ...summary }
}

/** The readings of a soak; zero from a receiver that the provider did not serve. */
const soakVotesOf = (accounts: readonly Account[]): SoakVote[] =>
  accounts
    .filter(({ counted }) => counted === 'rate' || counted === 'under')
    .map(({ receiver, vote, rateKbps }) => ({ receiver, epoch: vote!.epoch, rateKbps }))

function accountFor(input: TallyInput): Account[] {
  const { assigned, groups, claimKbps, params, soak, unmeasuredRun } = input
  const rules: VoteRules = { soak: soak.now, unmeasuredRun, params }
  const accountAlone = (receiver: number) =>
    accountOf(receiver, input, vote => ({ receiver, vote, ...classifyVote(vote, claimKbps, rules) }))
  if (groups.length === 0) return [...assigned].sort((a, b) => a - b).map(accountAlone)
  const grouped = groups.flatMap(group => {
    const shareKbps = memberClaimKbps(claimKbps, group.length)
    const members = group.map(receiver => accountOf(receiver, input, vote => memberOf(vote, shareKbps, rules)))
    return readGroup(members, claimKbps, soak.now, params)
  })
  const alone = assigned
    .filter(receiver => !groups.flat().includes(receiver))
    .map((receiver): Account => {
      const account = accountAlone(receiver)
      if (account.counted === 'missing') return account
      return { ...account, ...NOTHING, counted: 'ignored', why: 'its receiver was in no group, so it had no session' }
    })
  return [...grouped, ...alone].sort((a, b) => a.receiver - b.receiver)
}

const isUsable = ({ counted }: Account): boolean => counted === 'rate' || counted === 'under' || counted === 'at-least'

const NOTHING = { rateKbps: 0, serving: true }

function accountOf<T extends Account>(
  receiver: number,
  { votes }: TallyInput,
  classify: (vote: Vote) => T,
): T | Account {
  const [vote, second] = votes.filter(one => one.receiver === receiver)
  if (!vote) return { receiver, counted: 'missing', why: 'the ballot set holds no vote of its receiver', ...NOTHING }
  if (second) return { receiver, counted: 'ignored', why: 'its receiver voted twice for one provider', ...NOTHING }
  return classify(vote)
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
