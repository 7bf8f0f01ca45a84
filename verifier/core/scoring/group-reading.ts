/**
 * The reading of a group of receivers (`receiver-groups.ts`): the sum of the rates that its members read at once.
 *
 * Why a sum, and not each member's reading times their number: a provider could favour some members. If a provider
 * delivers two thirds to a group of three, two members could read their whole share. So all members count with the sum,
 * or none does. What a provider does to one member affects the whole group, and refusing a member is no better than
 * delivering nothing to it.
 *
 * A group always runs both its tries, since no member knows what the others read. Each member votes for the second try, and
 * names its reading in the first. The group counts with the try whose sum is larger, and a low sum needs both tries: a sum
 * over each member's better try would let a provider favour other members in each.
 *
 * A member's reading may exceed its share, up to the rate that its senders offer. Two flows may divide one queue very
 * unevenly, and the sum of an honest provider must not suffer from that.
 */
import { shareKbps } from '../../../probe/verdict/share.js'
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME } from '../../../proto/vote.js'
import { memberClaimKbps } from '../assignment/receiver-groups.js'
import {
  type ClassifiedVote,
  classifyTry,
  isTwice,
  ONCE,
  otherTry,
  type TriedVote,
  type VoteClass,
  type VoteRules,
} from './classify-vote.js'
import type { CountedVote } from './encoded-vote.js'
import { isBelowThreshold } from './slashing-threshold.js'

/** The rates of a group's members, in their order, and the sum. Each member counts with the sum, up to the claim. */
export interface GroupReading {
  readonly verifiers: readonly number[]
  readonly ratesKbps: readonly number[]
  readonly sumKbps: number
}

/** How the vote of one assigned receiver counts. */
export interface Account extends ClassifiedVote {
  readonly receiver: number
  readonly vote?: CountedVote
  readonly group?: GroupReading
  /** the lower rate of two tries that both count as a reading; undefined if at most one does */
  readonly lowerKbps?: number | undefined
}

/** How a member's vote counts, in each of its two tries. */
export interface Member extends Account {
  readonly first?: ClassifiedVote & { readonly vote: TriedVote }
}

/** One of a member's tries. */
type TriedAccount = Omit<Account, 'vote'> & { readonly vote?: TriedVote }

/** @param shareKbps the member's share of the claim */
export function memberOf(vote: CountedVote, shareKbps: number, rules: VoteRules): Member {
  const second = { receiver: vote.receiver, vote, ...classifyTry(vote, shareKbps, rules) }
  const first = otherTry(vote)
  return first === undefined ? second : { ...second, first: { vote: first, ...classifyTry(first, shareKbps, rules) } }
}

/** @param members how each member's vote counts against its share of the claim */
export function readGroup(
  members: readonly Member[],
  claimKbps: number,
  isSoak: VoteRules['isSoak'],
  params: Pick<NetworkParams, 'breachBps' | 'senders'>,
): Account[] {
  const [first, second] = [
    readTry(members.map(firstOf), claimKbps, isSoak, params),
    readTry(members, claimKbps, isSoak, params),
  ]
  const [better, other] = isBetter(first, second) ? [first, second] : [second, first]
  const isOnce = better[0]?.counted === 'under' && members.some(({ vote }) => vote !== undefined && !isTwice(vote))
  return better.map((account, i) => {
    const { receiver, vote } = members[i]!
    const { counted, rateKbps, serving, why, group } = account
    return {
      ...{ receiver, ...(vote && { vote }), counted, rateKbps, serving, why, ...(group && { group }) },
      ...(isOnce && ONCE),
      lowerKbps: lowerOf(account, other[i]!),
    }
  })
}

/** What two tries read at least, see `lowerKbps`. */
export const lowerOf = (one: ClassifiedVote, other: ClassifiedVote | undefined): number | undefined =>
  other !== undefined && isReading(one) && isReading(other) ? Math.min(one.rateKbps, other.rateKbps) : undefined

/** The vote says how fast the provider was, and not only how fast at least. */
export const isReading = ({ counted }: Pick<ClassifiedVote, 'counted'>): boolean =>
  counted === 'rate' || counted === 'under'

/** Without a session of one member there is no sum. */
const firstOf = ({ receiver, first }: Member): TriedAccount => ({
  receiver,
  ...(first ?? { counted: 'ignored', rateKbps: 0, serving: true, why: 'its receiver had no first session' }),
})

/** A sum that counts is better than none, and a larger sum is better. */
function isBetter([first]: readonly TriedAccount[], [second]: readonly TriedAccount[]): boolean {
  if (first?.group === undefined || first.counted === 'ignored') return false
  if (second?.group === undefined || second.counted === 'ignored') return true
  return first.group.sumKbps > second.group.sumKbps
}

/**
 * A low sum always has a low member, since the thresholds of the shares sum to the threshold of the claim; and a low
 * member counts only with its evidence.
 */
function readTry(
  members: readonly TriedAccount[],
  claimKbps: number,
  isSoak: VoteRules['isSoak'],
  params: Pick<NetworkParams, 'breachBps' | 'senders'>,
): TriedAccount[] {
  const offeredKbps = params.senders * shareKbps(memberClaimKbps(claimKbps, members.length), params.senders)
  const readings = members.map(member => readingOf(member, offeredKbps, isSoak))
  const silent = readings.filter(({ counted }) => counted === 'missing' || counted === 'ignored')
  if (silent.length > 0) {
    const names = silent.map(({ receiver }) => receiver).join(', ')
    const why = `its group is incomplete: no vote that counts from verifier ${names}`
    return members.map((member, i) =>
      silent.includes(readings[i]!) ? member : { ...member, counted: 'ignored', rateKbps: 0, serving: true, why },
    )
  }
  const ratesKbps = readings.map(({ rateKbps }) => rateKbps)
  const sumKbps = ratesKbps.reduce((sum, rate) => sum + rate, 0)
  const low = isBelowThreshold(sumKbps, claimKbps, params.breachBps)
  const isBound = readings.some(({ counted }) => counted === 'at-least')
  const { counted, why } = isBound ? boundClass(low) : sumClass(low)
  const group: GroupReading = { verifiers: members.map(({ receiver }) => receiver), ratesKbps, sumKbps }
  const rateKbps = counted === 'ignored' ? 0 : Math.min(sumKbps, claimKbps)
  const serving = readings.some(reading => reading.serving)
  return members.map(member => ({ ...member, counted, rateKbps, serving, why, group }))
}

/** The part above its share included. A lower bound that says nothing alone, below its share's threshold, counts in a sum. */
function readingOf(member: TriedAccount, offeredKbps: number, isSoak: VoteRules['isSoak']): TriedAccount {
  const { vote, counted } = member
  const isBound = vote?.outcome === OUTCOME.atLeast && vote.soak === isSoak(vote)
  if (vote === undefined || !(isBound || counted === 'rate')) return member
  return { ...member, counted: isBound ? 'at-least' : 'rate', rateKbps: Math.min(vote.rateKbps, offeredKbps) }
}

interface GroupClass {
  readonly counted: VoteClass
  readonly why: string
}

const sumClass = (low: boolean): GroupClass =>
  low
    ? { counted: 'under', why: 'sum of its group, below the slashing threshold' }
    : { counted: 'rate', why: 'sum of its group' }

const boundClass = (low: boolean): GroupClass =>
  low
    ? {
        counted: 'ignored',
        why: 'sum of its group, a lower bound below the slashing threshold',
      }
    : { counted: 'at-least', why: 'sum of its group; as a lower bound it can only raise the rate' }
