/**
 * Windows of a network with colluding verifiers: the real assignment, the real rules for votes and the real evaluation, over
 * sessions drawn from measured ones. Pure: the same seed gives the same windows.
 */

import type { Outcome } from '../../probe/index.js'
import { providerSchedule } from '../../proto/digests.js'
import { keccakText } from '../../proto/hash.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { STATUS } from '../../proto/leaf.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { encodeVote, OUTCOME, type Vote } from '../../proto/vote.js'
import { soakSlotMs } from '../../verifier/config/check-params.js'
import { type Assignment, assign, type DrawnSession } from '../../verifier/core/assignment/assign.js'
import { Draw } from '../../verifier/core/assignment/draw.js'
import { isSoak, soakSeed, ticksOf } from '../../verifier/core/assignment/schedule.js'
import type { ChainFacts } from '../../verifier/core/facts.js'
import { countedBallot } from '../../verifier/core/scoring/ballots.js'
import { NOTHING_CARRIED } from '../../verifier/core/scoring/carry-over.js'
import { type EvaluateInput, evaluateEpoch } from '../../verifier/core/scoring/evaluate.js'
import type { Tally } from '../../verifier/core/scoring/tally.js'
import { combine, isKept } from '../../verifier/core/scoring/two-tries.js'
import { makeVote } from '../../verifier/core/scoring/vote.js'
import { type Committee, sendersToSpoil } from './bounds.js'
import { factsBy, indices } from './chain.js'
import { NO_EVIDENCE } from './noise.js'
import type { Sample } from './sample.js'

/** What the colluding verifiers do to a provider. `lend`: they raise its rate, and also send data beside its link. */
export type Aim = 'raise' | 'frame' | 'lend'

export interface Subject {
  readonly name: string
  readonly sample: Sample
  readonly aim: Aim
  /** The provider's past is forgotten every so many windows, so that each run of windows stands alone. */
  readonly freshEvery?: number
}

export interface WindowsOptions extends Required<Committee> {
  readonly claimKbps: number
  readonly windows: number
  readonly seed: string
  readonly subjects: readonly Subject[]
  /** relative errors of readings, as measured */
  readonly errors: readonly number[]
}

/** One window's effect on a provider. */
export interface WindowResult {
  readonly rateKbps: number | null
  readonly scoreBps: number
  readonly breach: boolean
  readonly epoch: number
  /** in which the soak votes in force were cast, one for each vote */
  readonly soakEpochs: readonly number[]
  readonly penaltyBps: number
}

/** Long enough for a soak. */
const SLOT_MS = soakSlotMs(DEVNET)

/** One epoch is one window, long enough for every session. All else is as on the devnet. */
const paramsOf = ({ receivers, senders }: Committee): NetworkParams => ({
  ...DEVNET,
  epochSeconds: 3600,
  receivers,
  senders,
  lanes: 0,
  soakShareBps: 500,
  slotMs: SLOT_MS,
})

/** @returns by subject, one result for each window */
export function simulate(options: WindowsOptions): Map<string, WindowResult[]> {
  const params = paramsOf(options)
  const random = new Draw(keccakText(`bench cheat ${options.seed} ${options.share}`))
  const colluding = new Set(random.sample(indices(options.verifiers), Math.floor(options.share * options.verifiers)))
  const results = new Map(options.subjects.map(({ name }) => [name, [] as WindowResult[]]))
  const providers = options.subjects.map(({ name }) => name)
  const factsAt = factsBy({ ...options, providers, windowEpochs: params.windowEpochs })
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  for (let epoch = 1; epoch <= options.windows; epoch++) {
    const facts = factsAt(epoch)
    const assignment = assign(facts, params)
    const votes = new Map<number, Vote[]>(facts.verifiers.map(({ index }) => [index, []]))
    for (const session of assignment.sessions) {
      const repeat = assignment.repeats.find(isSecondOf(session))!
      const vote = voteOf(session, repeat, options, { facts, params, assignment, colluding, random })
      votes.get(session.receiver)!.push(vote)
    }
    const forgotten = new Set(
      options.subjects.flatMap(({ freshEvery }, i) => (freshEvery && (epoch - 1) % freshEvery === 0 ? [i] : [])),
    )
    const tallies = new Map<Hex, Tally>()
    const input = {
      ...{ params, facts, assignment },
      previous: { ...previous, leaves: previous.leaves.filter(leaf => !forgotten.has(leaf.index)) },
      ballots: [...votes].map(([verifier, cast]) => countedBallot(verifier, cast.map(encodeVote))),
    }
    const evaluation = evaluateEpoch(input, (provider, tally) => tallies.set(provider, tally))
    previous = { ...evaluation, epoch }
    for (const [i, { name }] of options.subjects.entries()) {
      const leaf = evaluation.leaves[i]!
      results.get(name)!.push({
        rateKbps: leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
        scoreBps: leaf.scoreBps,
        breach: tallies.get(leaf.provider)!.breach,
        epoch,
        soakEpochs: tallies.get(leaf.provider)!.soakVotes.map(vote => vote.epoch),
        penaltyBps: leaf.penaltyBps,
      })
    }
  }
  return results
}

interface Around {
  readonly facts: ChainFacts
  readonly params: NetworkParams
  readonly assignment: Pick<Assignment, 'groupsOf'>
  readonly colluding: ReadonlySet<number>
  readonly random: Draw
}

const isSecondOf = (first: DrawnSession) => (one: DrawnSession) =>
  one.provider === first.provider && one.receiver === first.receiver

function voteOf(session: DrawnSession, repeat: DrawnSession, options: WindowsOptions, around: Around): Vote {
  const { facts, params, assignment, colluding, random } = around
  const subject = options.subjects[session.providerIndex]!
  const ticks = (1n << BigInt(ticksOf(params))) - 1n
  const { provider, receiver } = session
  const scheduleProof = providerSchedule(fromHex(keccakText(`schedule of ${receiver} ${facts.beacon}`)), provider)
  const seed = soakSeed({ receiver, scheduleProof }, facts.beacon, assignment.groupsOf(provider))
  const given = {
    ...{ epoch: facts.epoch, provider, receiver, ticksSent: ticks, ticksAnswered: ticks, scheduleProof },
    soak: isSoak(seed, provider, params),
  }
  const tryOf = ({ senders }: DrawnSession) => {
    const liars = senders.filter(sender => colluding.has(sender)).length
    const outcomes = outcomesOf(subject, given.soak, liars)
    const measured = noisy(outcomes[random.below(outcomes.length)]!, options, random)
    const isSpoilt = subject.aim !== 'lend' && liars >= sendersToSpoil(senders.length)
    return { outcome: isSpoilt ? SPOILT[subject.aim] : measured, evidence: NO_EVIDENCE }
  }
  const first = tryOf(session)
  const honest = makeVote({ ...given, ...combine(first, isKept(first) ? undefined : tryOf(repeat)) })
  // A colluding receiver may sign anything: every field is its own.
  if (colluding.has(session.receiver)) return subject.aim === 'frame' ? lowest(honest) : highest(honest, session)
  return honest
}

/** What more than f' lying senders make of a session: they frame the provider, or the session says nothing. */
const SPOILT: Record<Exclude<Aim, 'lend'>, Outcome> = {
  frame: { kind: 'dead', granted: 0 },
  raise: { kind: 'no-data', reason: 'senders-missing' },
}

/** The possible outcomes of a session of this provider. If senders lend, the outcome also depends on how many of them do. */
function outcomesOf({ aim, sample }: Subject, soak: boolean, liars: number): readonly Outcome[] {
  const { outcomes, soaks, lent } = sample
  if (aim === 'lend' && lent) {
    const byLenders = soak ? lent.soaks : lent.outcomes
    return byLenders[Math.min(liars, byLenders.length - 1)]!
  }
  return soak && soaks.length > 0 ? soaks : outcomes
}

/** As if the first session had kept the claim, so that there was no other: of two readings a soak takes the lower. */
const highest = (vote: Vote, { claimKbps }: DrawnSession): Vote => ({
  ...vote,
  ...{ outcome: OUTCOME.verified, rateKbps: claimKbps, attempts: 1, otherOutcome: 0, otherKbps: 0 },
  ...{ otherUnverifiable: 0, second: false },
})

/** A vote of `dead` needs no evidence. */
const lowest = (vote: Vote): Vote => ({ ...vote, outcome: OUTCOME.dead, rateKbps: 0, attempts: 2 })

/** Adds an error to the reading, drawn from the measured errors: few real sessions stand for many windows. */
function noisy(outcome: Outcome, { errors, claimKbps }: WindowsOptions, random: Draw): Outcome {
  if (!('measurement' in outcome) || errors.length === 0) return outcome
  const error = errors[random.below(errors.length)]!
  const rateKbps = Math.min(claimKbps, Math.round(outcome.measurement.rateKbps * (1 + error)))
  return { ...outcome, measurement: { ...outcome.measurement, rateKbps } }
}
