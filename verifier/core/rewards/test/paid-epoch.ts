/** An epoch whose votes a test chooses, and what its work earns. */
import { ZERO_HASH } from '../../../../proto/hex.js'
import { OUTCOME, type OutcomeCode, type Vote } from '../../../../proto/vote.js'
import { assign } from '../../assignment/assign.js'
import { type ActiveProvider, NO_PAID_REPORT } from '../../facts.js'
import { NOTHING_CARRIED } from '../../scoring/carry-over.js'
import { evaluateEpoch } from '../../scoring/evaluate.js'
import { account, ballotOf, CLAIM_KBPS, facts, PARAMS, registryIndex, vote } from '../../test/samples.js'
import { type Allocation, nextRewards, type RewardsInput } from '../next-rewards.js'
import { type EpochWork, WorkTally } from '../work.js'

export const VERIFIERS = 7
const ALL_TICKS = (1n << 24n) - 1n
export const POT = 10n ** 24n

export type Cast = Partial<Vote> & { readonly outcome: OutcomeCode }
/** What a verifier, by its registry index, votes on a provider; undefined for no vote at all. */
export type Strategy = (provider: number, receiver: number) => Cast | undefined

/** Keeps its claim. */
export const kept = (): Cast => ({ outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, attempts: 1, otherOutcome: 0 })
/** Delivers half. */
export const half = (): Cast => ({ outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 2, directKbps: CLAIM_KBPS })
export const lowerBound = (): Cast => ({ outcome: OUTCOME.atLeast, rateKbps: CLAIM_KBPS, directKbps: 0 })
export const dead = (): Cast => ({ outcome: OUTCOME.dead, rateKbps: 0 })
export const noData = (): Cast => ({ outcome: OUTCOME.noData, rateKbps: 0 })

export interface Shape {
  readonly verifiers?: number
  /** what is special about each provider; one entry for each */
  readonly providers?: readonly Partial<ActiveProvider>[]
  readonly beacon?: string
}

/** @param strategyOf by position in the frozen set; undefined for a verifier without a ballot */
export function workOfEpoch(
  strategyOf: (position: number) => Strategy | undefined,
  { verifiers = VERIFIERS, providers = [{}, {}, {}], beacon = '' }: Shape = {},
): EpochWork {
  const chain = facts({ verifiers, providers: providers.length, beacon })
  const truth = { ...chain, providers: chain.providers.map((one, i) => ({ ...one, ...providers[i] })) }
  const assignment = assign(truth, PARAMS)
  const ballots = chain.verifiers.flatMap(({ index }, position) => {
    const strategy = strategyOf(position)
    if (strategy === undefined) return []
    const votes = truth.providers.flatMap(({ account: provider }, i) => {
      const cast = strategy(i, index)
      if (cast === undefined) return []
      const { outcome, rateKbps = 0, ...more } = cast
      return vote(index, outcome, rateKbps, { provider, ticksSent: ALL_TICKS, ticksAnswered: ALL_TICKS, ...more })
    })
    return ballotOf(index, votes)
  })
  const previous = { ...NOTHING_CARRIED, epoch: 3 }
  const work = new WorkTally({ params: PARAMS, facts: truth, assignment })
  const { leaves } = evaluateEpoch({ params: PARAMS, facts: truth, assignment, previous, ballots }, work.add)
  const ballotSet = ballots.map(({ verifier }) => ({ verifier, root: ZERO_HASH }))
  return work.work({ ballotSet, leaves })
}

export const allocate = (work: EpochWork | undefined, over: Partial<RewardsInput> = {}): Allocation =>
  nextRewards({
    ...{ params: PARAMS, fundedWei: POT, previous: [], work, paidReport: NO_PAID_REPORT, covered: [] },
    ...over,
  })

/** What the verifier at a position of the frozen set earns, in wei. */
export const earnedAt = ({ verifiers }: Allocation, position: number): bigint =>
  verifiers.find(({ index }) => index === registryIndex(position))?.earned ?? 0n

export const providerEarned = ({ providers }: Allocation, i: number): bigint =>
  providers.find(one => one.account === account(`provider ${i}`))?.earned ?? 0n
