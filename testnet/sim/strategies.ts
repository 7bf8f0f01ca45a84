/**
 * What colluding verifiers do to one provider. As receivers they sign any vote. As senders they decide a session if more than
 * f' of its k senders collude, and a vote if they decide both tries, or one while the other shows nothing by chance.
 * What each of them can and cannot do is derived in docs/research/cheats-derivations.md, sections 1, 4 and 5.
 */
import type { Outcome } from '../../probe/verdict/outcome.js'
import { OUTCOME, type Vote } from '../../proto/vote.js'
import { sendersToSpoil } from './bounds.js'

export interface Strategy {
  readonly name: 'deflate' | 'inflate' | 'veto' | 'silence' | 'split'
  /** what they make of a session that they decide */
  readonly spoilt: Outcome
  /** The provider is their accomplice. */
  readonly bribed: boolean
  /** They spoil only votes of which both tries are theirs, and no more than the quorum for a certified rate can spare. */
  readonly keepsQuorum: boolean
  /** @returns undefined for no ballot at all */
  vote(honest: Vote, claimKbps: number): Vote | undefined
}

const NOTHING: Outcome = { kind: 'no-data', reason: 'senders-missing' }

/** The provider took the session and forwarded nothing: a vote that needs no figures, and senders that "lost" all they sent. */
const dead = (vote: Vote): Vote => ({
  ...alone(vote),
  ...{ outcome: OUTCOME.dead, rateKbps: 0, attempts: 2, ticksAnswered: 0n },
})

const kept = (vote: Vote, claimKbps: number): Vote => ({
  ...alone(vote),
  ...{ outcome: OUTCOME.verified, rateKbps: claimKbps, attempts: 1, ticksAnswered: vote.ticksSent },
})

/** As if there had been no other session: of two readings a soak takes the lower. */
const alone = (vote: Vote): Vote => ({
  ...vote,
  ...{ otherOutcome: 0, otherKbps: 0, otherUnverifiable: 0, second: false, controlLossBps: 0 },
})

export const STRATEGIES = {
  /** against an honest provider: each receiver votes that it is dead, and so do honest receivers whose senders lie in their logs */
  deflate: {
    ...{ name: 'deflate', bribed: false, keepsQuorum: false },
    spoilt: { kind: 'dead', granted: 0 },
    vote: dead,
  },
  /** for a provider that delivers less: each receiver votes the claim, and as many low votes vanish as the quorum can spare */
  inflate: {
    ...{ name: 'inflate', bribed: true, keepsQuorum: true, spoilt: NOTHING },
    vote: kept,
  },
  /** for a provider below the slashing threshold: every low vote that can vanish does, whatever becomes of the rate */
  veto: {
    ...{ name: 'veto', bribed: true, keepsQuorum: false, spoilt: NOTHING },
    vote: (vote, claimKbps) => ({ ...kept(vote, claimKbps), outcome: OUTCOME.atLeast }),
  },
  /** they neither send nor vote */
  silence: {
    ...{ name: 'silence', bribed: false, keepsQuorum: false, spoilt: NOTHING },
    vote: () => undefined,
  },
  /** of the receivers one half votes the claim, and the other that the provider is dead; the senders do not send */
  split: {
    ...{ name: 'split', bribed: false, keepsQuorum: false, spoilt: NOTHING },
    vote: (vote, claimKbps) => (vote.receiver % 2 === 0 ? kept(vote, claimKbps) : dead(vote)),
  },
} as const satisfies Record<Strategy['name'], Strategy>

/** From this part of its claim on, a provider with one accomplice can pass as spoilt by it instead of as slow. */
const ACCOMPLICE_FROM = 0.5

/**
 * Colluding senders that decide a session: more than f'. One is enough to hide a low reading if it gives its header key to the
 * provider, which then makes up the accomplice's data, and delivers at least half of its claim.
 */
export const sendersToDecide = (
  { bribed }: Pick<Strategy, 'bribed'>,
  delivers: number,
  { senders, breachShare }: { readonly senders: number; readonly breachShare: number },
): number => (bribed && delivers >= ACCOMPLICE_FROM && delivers < breachShare ? 1 : sendersToSpoil(senders))
