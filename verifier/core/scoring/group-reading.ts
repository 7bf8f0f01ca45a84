/**
 * What a group of receivers says of a provider (`receiver-groups.ts`): one word, the sum of what its members read at once.
 *
 * A sum, and not each member's share times their number: a provider could favour some members. With three of them, of a
 * provider that delivers two thirds, two would read their whole share. So all members count with the sum, or none does:
 * what a provider does to one member it does to its group, and refusing one is no better than delivering nothing to it.
 *
 * A reading counts beyond its share, as far as senders offer: two flows through one queue may divide it very unevenly, and
 * an honest provider's sum must not suffer from that.
 */
import { shareKbps } from '../../../probe/verdict/share.js'
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { memberClaimKbps } from '../assignment/receiver-groups.js'
import type { ClassifiedVote, VoteClass } from './classify-vote.js'
import { isBelowThreshold } from './slashing-threshold.js'

/** What the members of a group read, in their order, and the sum; each of them counts with it, up to the claim. */
export interface GroupReading {
  readonly verifiers: readonly number[]
  readonly ratesKbps: readonly number[]
  readonly sumKbps: number
}

/** An assigned receiver, and how its vote counts. */
export interface Account extends ClassifiedVote {
  readonly receiver: number
  readonly vote?: Vote
  readonly group?: GroupReading
}

/**
 * @param members how each one's vote counts against its share of the claim. A low one that counts carries its evidence;
 * and a low sum has a low member, since the thresholds of the shares sum to the threshold of the claim.
 */
export function readGroup(
  members: readonly Account[],
  claimKbps: number,
  soak: boolean,
  params: Pick<NetworkParams, 'breachBps' | 'senders'>,
): Account[] {
  const offeredKbps = params.senders * shareKbps(memberClaimKbps(claimKbps, members.length), params.senders)
  const readings = members.map(member => readingOf(member, offeredKbps, soak))
  const silent = readings.filter(({ counted }) => counted === 'missing' || counted === 'ignored')
  if (silent.length > 0) {
    const names = silent.map(({ receiver }) => receiver).join(', ')
    const why = `its group was not whole: nothing that counts from verifier ${names}`
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

/** With what is above its share. And a bound below the slashing threshold of its share, which says nothing alone, may in a sum. */
function readingOf(member: Account, offeredKbps: number, soak: boolean): Account {
  const { vote, counted } = member
  const isBound = vote?.outcome === OUTCOME.atLeast && vote.soak === soak
  if (vote === undefined || !(isBound || counted === 'rate')) return member
  return { ...member, counted: isBound ? 'at-least' : 'rate', rateKbps: Math.min(vote.rateKbps, offeredKbps) }
}

interface GroupClass {
  readonly counted: VoteClass
  readonly why: string
}

const sumClass = (low: boolean): GroupClass =>
  low
    ? { counted: 'under', why: 'measured at once, their sum below the slashing threshold' }
    : { counted: 'rate', why: 'measured at once' }

const boundClass = (low: boolean): GroupClass =>
  low
    ? {
        counted: 'ignored',
        why: 'one of them can tell a lower bound only, and the sum is below the slashing threshold',
      }
    : { counted: 'at-least', why: 'one of them can tell a lower bound only: can raise the rate only' }
