/**
 * Bounds on what colluding verifiers can do to one provider's window. Pure: the bench prints them before it simulates
 * anything, and a test compares them with the simulation.
 * Derived in docs/research/cheats-derivations.md, sections 2 to 5.
 */
import { toleratedSenders } from '../../probe/verdict/share.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { binomial, hypergeometric, tail } from './odds.js'

export interface Committee {
  /** n, the assigned receivers of a window */
  readonly receivers: number
  /** k, the senders of each */
  readonly senders: number
  /** share of the verifiers that collude */
  readonly share: number
  /** N, the size of the frozen set; undefined for a set that is large compared with n */
  readonly verifiers?: number
}

/** P(j of the k senders of an honest receiver collude). */
export function colludingSenders({ senders, share, verifiers }: Committee, j: number): number {
  if (verifiers === undefined) return binomial(senders, share, j)
  return hypergeometric(verifiers - 1, colluders(share, verifiers), senders, j)
}

/** P(at least `least` of an honest receiver's senders collude). */
export const sendersAtLeast = (committee: Committee, least: number): number =>
  tail(least, committee.senders, j => colludingSenders(committee, j))

/**
 * P(at least `least` of the senders collude in both of an honest receiver's tries). In a set of known size the second try has
 * other senders than the first, as long as there are enough: then all others, and as many as are missing of the first.
 */
export function sendersInBothTries(committee: Committee, least: number): number {
  const { senders, share, verifiers } = committee
  if (verifiers === undefined) return sendersAtLeast(committee, least) ** 2
  const others = verifiers - 1 - senders
  const again = Math.max(0, senders - others)
  return tail(least, senders, j => {
    const left = colluders(share, verifiers) - j
    const drawn = (i: number) =>
      again === 0 ? hypergeometric(others, left, senders, i) : hypergeometric(senders, j, again, i - left)
    return colludingSenders(committee, j) * tail(least, senders, drawn)
  })
}

/**
 * P(colluding senders decide an honest receiver's vote): they decide both tries, or one while the other shows nothing by
 * chance, since such a try leaves the other as it is.
 * @param lost P(a try shows nothing by chance)
 */
export function spoiltVote(committee: Committee, needed: number, lost = 0): number {
  const [one, both] = [sendersAtLeast(committee, needed), sendersInBothTries(committee, needed)]
  return both + 2 * lost * (one - both)
}

/** P(l of the n receivers collude). */
function colludingReceivers({ receivers, share, verifiers }: Committee, l: number): number {
  if (verifiers === undefined) return binomial(receivers, share, l)
  return hypergeometric(verifiers, colluders(share, verifiers), receivers, l)
}

const colluders = (share: number, verifiers: number): number => Math.floor(share * verifiers)

/** Sums over the number l of colluding receivers, and over the number of honest receivers whose votes senders have spoilt. */
function overWindows(
  committee: Committee,
  spoilt: number,
  holds: (counts: { readonly colluding: number; readonly spoilt: number; readonly sound: number }) => boolean,
): number {
  const n = committee.receivers
  let sum = 0
  for (let l = 0; l <= n; l++) {
    const ofReceivers = colludingReceivers(committee, l)
    if (ofReceivers === 0) continue
    for (let e = 0; e <= n - l; e++) {
      if (holds({ colluding: l, spoilt: e, sound: n - l - e })) sum += ofReceivers * binomial(n - l, spoilt, e)
    }
  }
  return Math.min(1, sum)
}

const quorumOf = (n: number): number => 2 * faultsTolerated(n) + 1

/** More than f' senders must lie before they decide an honest receiver's vote. */
export const sendersToSpoil = (senders: number): number => toleratedSenders(senders) + 1

/**
 * P(a window of an honest provider is a breach): 2f+1 votes below the slashing threshold, from receivers that lie and from
 * honest receivers with more than f' lying senders in both tries.
 * @param lost see `spoiltVote`; so below
 */
export function framedWindow(committee: Committee, lost = 0): number {
  const framed = spoiltVote(committee, sendersToSpoil(committee.senders), lost)
  return overWindows(committee, framed, ({ sound }) => committee.receivers - sound >= quorumOf(committee.receivers))
}

/** P(senders turn a low vote of an honest receiver into "at least x"), if that takes `needed` of them in each try. */
export const vetoedVote = (committee: Committee, needed: number): number => sendersInBothTries(committee, needed)

/** P(a window of a provider below the slashing threshold is no breach): fewer than 2f+1 low votes are left. */
export const vetoedWindow = (committee: Committee, needed: number, lost = 0): number =>
  overWindows(committee, spoiltVote(committee, needed, lost), ({ sound }) => sound < quorumOf(committee.receivers))

/**
 * P(the certified rate is the colluders' choice): the low median of the usable votes is a colluding receiver's vote, l > h,
 * and there are at least 2f+1 usable votes. A spoilt vote is not usable, so colluders spoil no more votes than the quorum can
 * spare.
 * @param needed colluding senders that spoil a session
 */
export function inflatedWindow(committee: Committee, needed: number = sendersToSpoil(committee.senders)): number {
  const n = committee.receivers
  const spare = n - quorumOf(n)
  return overWindows(
    committee,
    sendersInBothTries(committee, needed),
    ({ colluding, spoilt }) => colluding > n - colluding - Math.min(spoilt, spare),
  )
}

/**
 * P(the votes of an honest provider's window certify a rate of 0): colluding receivers, and honest ones with more than f'
 * lying senders in both tries, cast at least half of the votes, so that the low median is one of theirs.
 */
export const deflatedWindow = (committee: Committee, lost = 0): number =>
  overWindows(
    committee,
    spoiltVote(committee, sendersToSpoil(committee.senders), lost),
    ({ colluding, spoilt, sound }) => colluding + spoilt >= sound,
  )

/**
 * P(the soak limit of an honest provider is 0): of n soak votes in force at least half are colluders', each with the
 * probability bad / (bad + sound). One try suffices, since of two tries of a soak the lower counts.
 * @param up share of the epochs in which the provider is on: off, honest receivers cast no soak vote, and liars do
 */
export function deflatedLimit(
  committee: Committee,
  { lost, up }: { readonly lost: number; readonly up: number },
): number {
  const { receivers, senders, share } = committee
  const needed = sendersToSpoil(senders)
  const one = sendersAtLeast(committee, needed)
  const framed = one + lost * (one - sendersInBothTries(committee, needed))
  const bad = share + (1 - share) * framed
  const sound = (1 - share) * (1 - framed) * up
  return tail(Math.ceil(receivers / 2), receivers, votes => binomial(receivers, bad / (bad + sound), votes))
}

/**
 * P(the soak limit is the colluders' choice), if a colluding sender's data reach the receiver beside the provider's link.
 * Colluders also decide every honest soak vote with more than f' such senders in its first try. Of two tries the lower
 * reading counts, so that the second cannot be lent to. Fewer senders move no soak, so it does not
 * matter how many ordinary votes they raise: the rate is at most the soak limit.
 * @param inForce soak votes in force, each of another receiver (default: n)
 */
export function lentLimit(committee: Committee, inForce: number = committee.receivers): number {
  const lent = sendersAtLeast(committee, sendersToSpoil(committee.senders))
  const votes = { ...committee, receivers: inForce }
  return overWindows(votes, lent, ({ colluding, spoilt, sound }) => colluding + spoilt > sound)
}

/** The same for a new provider, which has just the quorum of soak votes that a limit needs. */
export const firstLentLimit = (committee: Committee): number => lentLimit(committee, quorumOf(committee.receivers))

/** The shares of colluding verifiers in all tables. */
export const SHARES = [0, 0.1, 0.2, 0.33] as const
