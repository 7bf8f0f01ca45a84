/** Chain facts, votes and parameters for tests: small, named, and the same at every run. */
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { CAUSE, encodeVote, OUTCOME, type OutcomeCode, type Vote } from '../../../proto/vote.js'
import { type ActiveProvider, type ChainFacts, NO_PAID_REPORT } from '../facts.js'
import { type CountedBallot, countedBallot } from '../scoring/ballots.js'
import { EncodedVote, viewOf } from '../scoring/encoded-vote.js'
import { type EvaluateInput, type Evaluation, evaluateEpoch } from '../scoring/evaluate.js'
import type { Tally } from '../scoring/tally.js'

export const CLAIM_KBPS = 25_000
/** More than the sessions of any test need. */
const AMPLE_KBPS = 1_000_000_000

export const PARAMS: NetworkParams = DEVNET

export const account = (name: string): Hex => keccakText(name).slice(0, 42) as Hex

export const providerNamed = (index: number, over: Partial<ActiveProvider> = {}): ActiveProvider => ({
  index,
  account: account(`provider ${index}`),
  claimKbps: CLAIM_KBPS,
  region: ZERO_HASH,
  link: ZERO_HASH,
  stake: 1_000n,
  inWindow: true,
  active: true,
  ...over,
})

export interface FactsShape {
  readonly verifiers: number
  readonly providers: number
  readonly epoch?: number
  readonly beacon?: string
  readonly capacityKbps?: number
}

/** Registry indices have gaps, as after exits: a position in the set is not an index. */
export const registryIndex = (position: number): number => 2 * position + 1

export const facts = (shape: FactsShape): ChainFacts => ({
  era: 1,
  epoch: shape.epoch ?? 4,
  blockNumber: 100,
  blockHash: keccakText('block'),
  beacon: keccakText(`beacon ${shape.beacon ?? ''}`),
  windowBeacon: keccakText(`beacon ${shape.beacon ?? ''}`),
  linkReport: { epoch: 0, headerHash: ZERO_HASH },
  ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
  verifiers: Array.from({ length: shape.verifiers }, (_, position) => ({
    index: registryIndex(position),
    position: shape.verifiers - 1 - position, // as after freezes, positions do not ascend with the indices
    account: account(`verifier ${position}`),
    blsKey: ZERO_HASH,
    capacityKbps: shape.capacityKbps ?? AMPLE_KBPS,
  })),
  providers: Array.from({ length: shape.providers }, (_, index) => providerNamed(index)),
})

export const vote = (receiver: number, outcome: OutcomeCode, rateKbps = 0, over: Partial<Vote> = {}): Vote => ({
  epoch: 4,
  provider: account('provider 0'),
  receiver,
  outcome,
  rateKbps,
  goodputKbps: rateKbps,
  lossBps: 0,
  jitterUs: 0,
  offeredKbps: 41_250,
  controlLossBps: 0,
  controlDelayUs: 0,
  directKbps: outcome === OUTCOME.under ? 2 * rateKbps : 0,
  unverifiableSenders: 0,
  ticksSent: 0n,
  ticksAnswered: 0n,
  sessionId: ZERO_HASH,
  chunkRoot: ZERO_HASH,
  keyCommitments: ZERO_HASH,
  receiptHead: ZERO_HASH,
  soak: false,
  scheduleProof: ZERO_HASH,
  delayUs: 0,
  link: ZERO_HASH,
  attempts: 2,
  cause: CAUSE.none,
  sessionPeers: ZERO_HASH,
  otherOutcome: outcome,
  otherKbps: rateKbps,
  otherUnverifiable: 0,
  second: false,
  ...over,
})

/** A ballot as a test makes it. */
export interface CastBallot {
  readonly verifier: number
  readonly votes: readonly Vote[]
}

export const encodedBallots = (ballots: readonly CastBallot[]): CountedBallot[] =>
  ballots.map(({ verifier, votes }) => ballotOf(verifier, votes))

/** Evaluates an epoch from ballots as a test makes them. */
export const evaluateCast = ({
  ballots,
  ...input
}: Omit<EvaluateInput, 'ballots'> & { readonly ballots: readonly CastBallot[] }): Evaluation =>
  evaluateEpoch({ ...input, ballots: encodedBallots(ballots) })

export const encodedVote = (vote: Vote): EncodedVote => new EncodedVote(viewOf(encodeVote(vote)), 0)

/** By provider, as `evaluateEpoch` shows them. */
export function talliesIn(input: EvaluateInput): Map<Hex, Tally> {
  const tallies = new Map<Hex, Tally>()
  evaluateEpoch(input, (provider, tally) => tallies.set(provider, tally))
  return tallies
}

export const ballotOf = (verifier: number, votes: readonly Vote[]): CountedBallot =>
  countedBallot(verifier, votes.map(encodeVote))

export const ALL_OUTCOMES: readonly OutcomeCode[] = Object.values(OUTCOME)
