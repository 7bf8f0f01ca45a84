/** How the votes of one epoch count, receiver by receiver, and what of them waits for the end of the window. */
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME } from '../../../proto/vote.js'
import { COUNTED, type WindowVote } from '../../../proto/window-votes.js'
import { memberClaimKbps } from '../assignment/receiver-groups.js'
import { classifyTry, classifyVote, otherTry, type VoteRules } from './classify-vote.js'
import type { CountedVote } from './encoded-vote.js'
import { type Account, isReading, lowerOf, memberOf, readGroup } from './group-reading.js'

export interface AccountsInput {
  /** of this epoch, for this provider; a vote of a receiver that is not due, or that voted twice, does not count */
  readonly votes: readonly CountedVote[]
  /** receivers that measure together; none if each receiver measures the whole claim */
  readonly groups: readonly (readonly number[])[]
  /** receivers whose session ran at once with a neighbour's larger group (default: none) */
  readonly beside?: readonly number[]
  readonly claimKbps: number
  readonly params: Pick<NetworkParams, 'breachBps' | 'senders'>
  /** see `VoteRules` */
  readonly pathlessQ2: number
  /** whether the session of this vote was due to be a soak */
  readonly isSoak: VoteRules['isSoak']
}

/**
 * One for every receiver that is due, ascending.
 * @param due registry indices of the assigned receivers whose session is due in this epoch
 */
export function accountsOf(input: AccountsInput, due: readonly number[]): Account[] {
  const { groups, claimKbps, params, pathlessQ2 } = input
  const isSoak = onceEach(input.isSoak)
  const rules: VoteRules = { isSoak, pathlessQ2, params }
  const own = byReceiver(input.votes)
  const accountAlone = (receiver: number) =>
    accountOf(receiver, own, vote => {
      const [classified, other] = [classifyVote(vote, claimKbps, rules), otherTry(vote)]
      const { counted, rateKbps, serving, why } = classified
      const lowerKbps = lowerOf(classified, other && classifyTry(other, claimKbps, rules))
      return { receiver, vote, counted, rateKbps, serving, why, lowerKbps }
    })
  if (groups.length === 0) return [...due].sort((a, b) => a - b).map(accountAlone)
  const grouped = groups.flatMap(group => {
    const shareKbps = memberClaimKbps(claimKbps, group.length)
    const members = group.map(receiver => accountOf(receiver, own, vote => memberOf(vote, shareKbps, rules)))
    return readGroup(members, claimKbps, isSoak, params)
  })
  const alone = due
    .filter(receiver => !groups.flat().includes(receiver))
    .map((receiver): Account => {
      const account = accountAlone(receiver)
      if (account.counted === 'missing') return account
      return { ...account, ...NOTHING, counted: 'ignored', why: 'its receiver was in no group, so it had no session' }
    })
  return [...grouped, ...alone].sort((a, b) => a.receiver - b.receiver)
}

/** The rules ask up to four times: for both tries, alone and in the group. Of a receiver that counts there is one vote. */
function onceEach(isSoak: VoteRules['isSoak']): VoteRules['isSoak'] {
  const soaks = new Map<number, boolean>()
  return vote => {
    let soak = soaks.get(vote.receiver)
    if (soak === undefined) {
      soak = isSoak(vote)
      soaks.set(vote.receiver, soak)
    }
    return soak
  }
}

/** The vote of each receiver, if it has but one. */
function byReceiver<T extends CountedVote>(votes: readonly T[]): Map<number, T | 'several'> {
  const own = new Map<number, T | 'several'>()
  for (const vote of votes) own.set(vote.receiver, own.has(vote.receiver) ? 'several' : vote)
  return own
}

const NOTHING = { rateKbps: 0, serving: true }

function accountOf<T extends Account>(
  receiver: number,
  own: ReadonlyMap<number, CountedVote | 'several'>,
  classify: (vote: CountedVote) => T,
): T | Account {
  const vote = own.get(receiver)
  if (!vote) return { receiver, counted: 'missing', why: 'the ballot set holds no vote of its receiver', ...NOTHING }
  if (vote === 'several')
    return { receiver, counted: 'ignored', why: 'its receiver voted twice for one provider', ...NOTHING }
  return classify(vote)
}

/** Of every receiver that voted. A vote that does not count may still tell the provider's link. */
export function waitingVotes(accounts: readonly Account[], beside: readonly number[]): WindowVote[] {
  const votes: WindowVote[] = []
  for (const account of accounts) {
    const { receiver, vote, counted, rateKbps, serving } = account
    if (vote === undefined || counted === 'missing') continue
    votes.push({
      receiver,
      epoch: vote.epoch,
      counted: COUNTED[counted],
      rateKbps,
      serving,
      noPath: vote.outcome === OUTCOME.noPath,
      link: vote.link,
      beside: beside.includes(receiver),
      lowerKbps: account.lowerKbps ?? rateKbps,
      soak: vote.soak && isReading(account),
    })
  }
  return votes
}
