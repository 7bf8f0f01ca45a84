/** What property tests draw from. fast-check prints seed and path when one fails. */
import fc from 'fast-check'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { ALL_OUTCOMES, CLAIM_KBPS, vote } from './samples.js'

const THRESHOLD_KBPS = CLAIM_KBPS * 0.75

export const anyRate = fc.integer({ min: 0, max: 2 * CLAIM_KBPS })
export const rateBelowThreshold = fc.integer({ min: 0, max: THRESHOLD_KBPS - 1 })
export const rateFromThreshold = fc.integer({ min: THRESHOLD_KBPS, max: CLAIM_KBPS })
export const anyTicks = fc.bigInt({ min: 0n, max: (1n << 24n) - 1n })

export const anyVote = (receiver: number): fc.Arbitrary<Vote> =>
  fc
    .record({ outcome: fc.constantFrom(...ALL_OUTCOMES), rate: anyRate, ticksSent: anyTicks, ticksAnswered: anyTicks })
    .map(({ outcome, rate, ...ticks }) => vote(receiver, outcome, rate, ticks))

export const voteBelowThreshold = (receiver: number): fc.Arbitrary<Vote> =>
  fc.oneof(
    rateBelowThreshold.map(rate => vote(receiver, OUTCOME.under, rate)),
    fc.constantFrom(OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage).map(outcome => vote(receiver, outcome)),
  )

export const voteFromThreshold = (receiver: number): fc.Arbitrary<Vote> =>
  rateFromThreshold.map(rate => vote(receiver, OUTCOME.verified, rate))

/** One vote or none from each receiver. */
export const someVotes = (receivers: readonly number[]): fc.Arbitrary<Vote[]> =>
  fc
    .tuple(...receivers.map(receiver => fc.option(anyVote(receiver), { nil: undefined, freq: 6 })))
    .map(votes => votes.filter(one => one !== undefined))

export const receiversUpTo = (max: number): fc.Arbitrary<number[]> =>
  fc.integer({ min: 1, max }).map(n => Array.from({ length: n }, (_, i) => i))
