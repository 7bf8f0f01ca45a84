/** How the votes of one epoch count, receiver by receiver, and what of them waits for the end of the window. */
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { COUNTED, type WindowVote } from '../../../proto/window-votes.js'
import { memberClaimKbps } from '../assignment/receiver-groups.js'
import { classifyTry, classifyVote, otherTry, type VoteRules } from './classify-vote.js'
import { type Account, lowerOf, memberOf, readGroup } from './group-reading.js'

export interface AccountsInput {
  /** of this epoch, for this provider; a vote of a receiver that is not due, or that voted twice, does not count */
  readonly votes: readonly Vote[]
  /** registry indices of the assigned receivers whose session is due in this epoch */
  readonly due: readonly number[]
  /** receivers that measure together; none if each receiver measures the whole claim */
  readonly groups: readonly (readonly number[])[]
  /** receivers whose session ran at once with a neighbour's larger group (default: none) */
  readonly beside?: readonly number[]
  readonly claimKbps: number
  readonly params: Pick<NetworkParams, 'breachBps' | 'senders'>
  /** see `VoteRules` */
  readonly pathlessQ2: number
  /** whether the session of this vote was due to be a soak */
  readonly isSoak: (vote: Vote) => boolean
}

/** One for every receiver that is due, ascending. */
export function accountsOf(input: AccountsInput): Account[] {
  const { due, groups, claimKbps, params, isSoak, pathlessQ2 } = input
  const rules: VoteRules = { isSoak, pathlessQ2, params }
  const accountAlone = (receiver: number) =>
    accountOf(receiver, input, vote => {
      const [classified, other] = [classifyVote(vote, claimKbps, rules), otherTry(vote)]
      const lower = lowerOf(classified, other && classifyTry(other, claimKbps, rules))
      return { receiver, vote, ...classified, ...lower }
    })
  if (groups.length === 0) return [...due].sort((a, b) => a - b).map(accountAlone)
  const grouped = groups.flatMap(group => {
    const shareKbps = memberClaimKbps(claimKbps, group.length)
    const members = group.map(receiver => accountOf(receiver, input, vote => memberOf(vote, shareKbps, rules)))
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

const NOTHING = { rateKbps: 0, serving: true }

function accountOf<T extends Account>(
  receiver: number,
  { votes }: AccountsInput,
  classify: (vote: Vote) => T,
): T | Account {
  const [vote, second] = votes.filter(one => one.receiver === receiver)
  if (!vote) return { receiver, counted: 'missing', why: 'the ballot set holds no vote of its receiver', ...NOTHING }
  if (second) return { receiver, counted: 'ignored', why: 'its receiver voted twice for one provider', ...NOTHING }
  return classify(vote)
}

/** Of every receiver that voted. A vote that does not count may still tell the provider's link. */
export const waitingVotes = (
  accounts: readonly Account[],
  { beside = [] }: Pick<AccountsInput, 'beside'>,
): WindowVote[] =>
  accounts.flatMap(({ receiver, vote, counted, rateKbps, lowerKbps = rateKbps, serving }) =>
    vote === undefined || counted === 'missing'
      ? []
      : {
          ...{ receiver, epoch: vote.epoch, counted: COUNTED[counted], rateKbps, serving },
          ...{ noPath: vote.outcome === OUTCOME.noPath, link: vote.link },
          ...{ beside: beside.includes(receiver), lowerKbps },
        },
  )
