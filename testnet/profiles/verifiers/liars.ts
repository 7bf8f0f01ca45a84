/**
 * Two verifiers that measure and vote something else. Each vote is as strong a lie as the rules for votes permit
 * (verifier/core/scoring/classify-vote.ts). As senders both are honest, and they sign the right report.
 *
 * What bounds them: of n receivers f = ⌊(n−1)/3⌋ may lie. A breach needs 2f+1 low votes, so f liars are too few to make one,
 * and the honest 2f+1 need none of them. The low median of 2f+1 votes or more has an honest reading on either side. A tick
 * needs f+1 answers to be up. How low or how high the lie is does not matter.
 */
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { claimOf } from '../../../verifier/core/facts.js'
import { type Measure, measureEpoch } from '../../../verifier/node/measuring.js'
import { OFFERED_SHARE } from './lazy.js'

/** Both tries. A low vote needs two, and where groups measure, each try counts. */
const TRIES = 2
/** Of the reading: a low vote needs a direct path that was shown to be faster. */
const DIRECT_SHARE = 2
const NOTHING_ELSE = {
  lossBps: 0,
  jitterUs: 0,
  delayUs: 0,
  controlLossBps: 0,
  controlDelayUs: 0,
  unverifiableSenders: 0,
}
/** The provider got nothing through: no rate is lower. */
const NOTHING_CAME: readonly number[] = [OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage]

export const lying =
  (lie: (vote: Vote, claimKbps: number) => Vote): Measure =>
  async (...asked) => {
    const votes = await measureEpoch(...asked)
    const { facts } = asked[1]
    return votes.map(vote => lie(vote, claimOf(facts, vote.provider)))
  }

/** Half of what was measured, nothing in the other try, and no heartbeat answered. */
export function votedLow(vote: Vote, claimKbps: number): Vote {
  const ticksAnswered = 0n
  if (NOTHING_CAME.includes(vote.outcome)) return { ...vote, ticksAnswered }
  const rateKbps = Math.floor((vote.rateKbps || claimKbps) / 2)
  return {
    ...{ ...vote, ...NOTHING_ELSE, ticksAnswered },
    ...read(OUTCOME.under, rateKbps, claimKbps),
    ...{ directKbps: DIRECT_SHARE * rateKbps, otherKbps: 0 },
  }
}

/** The claim in both tries, and every heartbeat answered. */
export const votedHigh = (vote: Vote, claimKbps: number): Vote => ({
  ...{ ...vote, ...NOTHING_ELSE, ticksAnswered: vote.ticksSent },
  ...read(OUTCOME.verified, claimKbps, claimKbps),
  ...{ directKbps: 0, otherKbps: claimKbps },
})

const read = (outcome: Vote['outcome'], rateKbps: number, claimKbps: number) => ({
  ...{ outcome, rateKbps, goodputKbps: rateKbps, offeredKbps: Math.round(OFFERED_SHARE * claimKbps) },
  ...{ attempts: TRIES, cause: 0, otherOutcome: outcome, otherUnverifiable: 0 },
})
