/** A wrong penalty can be refuted, and a right one never: whatever the receivers vote, in whichever epoch. */
import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { ZERO_HASH } from '../../../../proto/hex.js'
import type { Leaf } from '../../../../proto/leaf.js'
import { MerkleTree } from '../../../../proto/merkle.js'
import { encodeVote, OUTCOME, type Vote } from '../../../../proto/vote.js'
import { type Assignment, assign } from '../../assignment/assign.js'
import { assignedRoot } from '../../assignment/assigned.js'
import { anyVote, voteBelowThreshold, voteFromThreshold } from '../../test/arbitraries.js'
import { account, type CastBallot, CLAIM_KBPS, evaluateCast, facts, PARAMS, providerNamed } from '../../test/samples.js'
import { decodeCarryOver, encodeCarryOver, NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput } from '../evaluate.js'
import { type BallotedReport, type RefutationInput, refutationOf, votesNeeded } from '../refutation.js'

const SEED = 20_261_127
const PROVIDER = account('provider 0')
const VERIFIERS = 7
const RUNS = 100

interface Accepted {
  readonly report: BallotedReport
  readonly leaf: Leaf
  readonly previousEpoch: number
  readonly assignment: Assignment
}

/** The ballots of one epoch; undefined for an epoch without a report. */
type Cast = ReadonlyMap<number, readonly Vote[]> | undefined

/** Two breaches are behind the provider before each report, so that the next one brings a penalty. */
function run(
  casts: readonly Cast[],
  windowEpochs: number,
  claimKbps: number,
  { capacityKbps, leaves = false }: { capacityKbps?: number; leaves?: boolean } = {},
): Accepted[] {
  const params = { ...PARAMS, windowEpochs, eraEpochs: 12, epochSeconds: 60 }
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  return casts.flatMap((cast, i) => {
    if (cast === undefined) return []
    const epoch = i + 1
    const chain = {
      ...facts({ verifiers: VERIFIERS, providers: 0, epoch, ...(capacityKbps && { capacityKbps }) }),
      windowBeacon: keccakText(`window ${Math.floor(i / windowEpochs)}`),
      providers: [providerNamed(0, { claimKbps, active: !leaves || epoch < casts.length })],
    }
    const assignment = assign(chain, params)
    const ballots: CastBallot[] = [...cast].map(([verifier, votes]) => ({ verifier, votes }))
    const evaluation = evaluateCast({ params, facts: chain, assignment, previous, ballots })
    const encoded = ballots.map(({ votes }) => votes.map(encodeVote))
    const roots = encoded.map(votes => new MerkleTree(votes).root)
    const report: BallotedReport = {
      header: {
        ...{ era: 1, epoch, blockNumber: 1, blockHash: ZERO_HASH, previousHeader: ZERO_HASH, scoreRoot: ZERO_HASH },
        ...{ ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH, providerCount: 1, commonFailure: false },
      },
      ballotSet: ballots.map(({ verifier }, at) => ({ verifier, root: roots[at]! })),
      votes: new Map(
        ballots.flatMap(({ votes }, at) => {
          // Of two, the one that helps to refute: nobody who opens votes need tell that there is another.
          const place = Math.max(0, votes.findIndex(above))
          const vote = votes[place]
          return vote ? [[roots[at]!, { vote, proof: new MerkleTree(encoded[at]!).proof(place) }] as const] : []
        }),
      ),
    }
    const [leaf] = evaluation.leaves
    if (leaf === undefined) return [] // the provider left, and no window of it was open
    const accepted = { report, leaf, previousEpoch: previous.epoch, assignment }
    const carried = decodeCarryOver(encodeCarryOver(evaluation))
    previous = { epoch, ...carried, leaves: carried.leaves.map(leaf => ({ ...leaf, breachBits: 0b11 })) }
    return [accepted]
  })
}

/** What a node would send against the last leaf. */
function refute(accepted: readonly Accepted[], windowEpochs: number, leaf: Leaf) {
  const { report, previousEpoch } = accepted.at(-1)!
  const first = report.header.epoch - ((report.header.epoch - 1) % windowEpochs)
  const earlier = accepted.slice(0, -1).filter(one => one.report.header.epoch >= first)
  return refutationOf({
    ...{ params: { ...PARAMS, windowEpochs }, leaf, leaves: [leaf], previousEpoch },
    reports: [report, ...earlier.map(one => one.report)],
    assigned: accepted
      .map(({ assignment }) => assignment.assignedOf(PROVIDER))
      .findLast(assigned => assignedRoot(assigned) === leaf.assignedRoot)!,
  })
}

/** One vote of a receiver, seldom two, whether or not it is due. @param lows how many of ten are low */
const anyBallot = (receiver: number, epoch: number, lows: number): fc.Arbitrary<Vote[]> => {
  const one = fc.oneof(
    { arbitrary: voteBelowThreshold(receiver), weight: lows },
    { arbitrary: voteFromThreshold(receiver), weight: 10 - lows },
    { arbitrary: anyVote(receiver), weight: 1 },
  )
  return fc
    .tuple(one, fc.option(one, { nil: undefined, freq: 1 }))
    .map(([vote, second]) =>
      [vote, ...(second && vote.rateKbps % 8 === 0 ? [second] : [])].map(of => ({ ...of, epoch })),
    )
}

const RECEIVERS = facts({ verifiers: VERIFIERS, providers: 0 }).verifiers.map(({ index }) => index)

/** Epochs in which most votes are low, and others, so that both breaches and refutations are common. */
const anyCast = (epoch: number): fc.Arbitrary<Cast> =>
  fc.option(
    fc
      .constantFrom(1, 5, 9)
      .chain(lows =>
        fc.tuple(
          ...RECEIVERS.map(receiver => fc.option(anyBallot(receiver, epoch, lows), { nil: undefined, freq: 15 })),
        ),
      )
      .map(all => new Map(all.flatMap((votes, i) => (votes ? [[RECEIVERS[i]!, votes] as const] : [])))),
    { nil: undefined, freq: 7 },
  )

const anyRun = fc
  .constantFrom(1, 2, 3)
  .chain(windowEpochs =>
    fc.tuple(
      fc.constant(windowEpochs),
      fc.tuple(...Array.from({ length: 2 * windowEpochs }, (_, i) => anyCast(i + 1))),
      fc.boolean(),
    ),
  )

const above = (vote: Vote) =>
  (vote.outcome === OUTCOME.verified || vote.outcome === OUTCOME.atLeast) && vote.rateKbps * 4 >= CLAIM_KBPS * 3

describe('refutation of a penalty', () => {
  it('is impossible if the ballots bring the penalty, whatever else is in them', () => {
    let penalties = 0
    fc.assert(
      fc.property(anyRun, ([windowEpochs, all, leaves]) => {
        // A provider that leaves does so in the last epoch or, if that is dropped, in the middle of its last window.
        const casts = leaves && windowEpochs > 1 ? all.slice(0, -1) : all
        const accepted = run(casts, windowEpochs, CLAIM_KBPS, { leaves })
        for (const [i, { leaf }] of accepted.entries()) {
          if (leaf.penaltyBps === 0) continue
          penalties++
          expect(refute(accepted.slice(0, i + 1), windowEpochs, leaf)).to.equal(undefined)
        }
      }),
      { seed: SEED, numRuns: RUNS },
    )
    expect(penalties).to.be.greaterThan(20)
  })

  it('is possible against a forged penalty if n − 2f receivers voted at or above the threshold when due', () => {
    let refuted = 0
    fc.assert(
      fc.property(anyRun, ([windowEpochs, casts]) => {
        const accepted = run(casts, windowEpochs, CLAIM_KBPS)
        for (const [i, { leaf, assignment, previousEpoch }] of accepted.entries()) {
          const { epoch } = leaf
          const first = epoch - ((epoch - 1) % windowEpochs)
          if (epoch % windowEpochs !== 0 || (previousEpoch < first && previousEpoch % windowEpochs !== 0)) continue
          const assigned = assignment.assignedOf(PROVIDER)
          const contradicting = assigned.filter(({ receiver, epoch: due }) =>
            casts[due - 1]?.get(receiver)?.some(above),
          )
          const forged = { ...leaf, penaltyBps: 1000 }
          const refutation = refute(accepted.slice(0, i + 1), windowEpochs, forged)
          const isEnough = contradicting.length >= votesNeeded(assigned.length)
          expect(refutation?.votes.length).to.equal(isEnough ? contradicting.length : undefined)
          if (isEnough) refuted++
        }
      }),
      { seed: SEED, numRuns: RUNS },
    )
    expect(refuted).to.be.greaterThan(40)
  })

  it('counts receivers that are due later, where a forged penalty comes before the end of the window', () => {
    const silent = new Map(RECEIVERS.map(receiver => [receiver, [] as Vote[]]))
    const accepted = run([silent], 3, CLAIM_KBPS)
    const forged = { ...accepted[0]!.leaf, penaltyBps: 700 }
    const refutation = refute(accepted, 3, forged)
    const later = accepted[0]!.assignment.assignedOf(PROVIDER).filter(({ epoch }) => epoch > 1)
    expect(refutation?.votes.map(({ vote }) => vote.receiver)).to.deep.equal(
      later.map(({ receiver }) => receiver).sort((a, b) => a - b),
    )
  })

  it('needs no votes of a provider that had no receivers', () => {
    const [one] = run([new Map()], 1, CLAIM_KBPS)
    const forged = { ...one!.leaf, penaltyBps: 700, assignedRoot: ZERO_HASH }
    const refutation = refutationOf({ ...inputOf(one!), leaf: forged, leaves: [forged] })
    expect(refutation).to.deep.include({ votes: [], leaf: forged })
  })

  it('is not tried where an earlier window may have ended, or the leaf names other receivers', () => {
    const kept = new Map(RECEIVERS.map(receiver => [receiver, [] as Vote[]]))
    const late = run([kept, undefined, undefined, kept], 3, CLAIM_KBPS)
    expect(refute(late, 3, { ...late[1]!.leaf, penaltyBps: 700 })).to.equal(undefined)
    const [one] = run([kept], 1, CLAIM_KBPS)
    const other = { ...one!.leaf, penaltyBps: 700, assignedRoot: keccakText('others') }
    expect(refutationOf({ ...inputOf(one!), leaf: other, leaves: [other] })).to.equal(undefined)
  })

  it('takes no vote of a receiver that measured in a group', () => {
    const claimKbps = 100_000
    const capacityKbps = 130_000 // for half of the claim
    const all = new Map(
      RECEIVERS.map(receiver => {
        const vote = { epoch: 1, provider: PROVIDER, receiver, outcome: OUTCOME.verified, rateKbps: claimKbps }
        return [receiver, [{ ...voteOf(receiver), ...vote }]]
      }),
    )
    const accepted = run([all], 1, claimKbps, { capacityKbps })
    const { assignment, leaf } = accepted[0]!
    expect(assignment.groupsOf(PROVIDER).length).to.be.greaterThan(0)
    expect(assignment.assignedOf(PROVIDER).every(({ epoch }) => epoch === 0)).to.equal(true)
    expect(refute(accepted, 1, { ...leaf, penaltyBps: 700 })).to.equal(undefined)
  })
})

const inputOf = ({ report, assignment, previousEpoch, leaf }: Accepted): RefutationInput => ({
  ...{ params: { ...PARAMS, windowEpochs: 1 }, leaf, leaves: [leaf], reports: [report], previousEpoch },
  assigned: assignment.assignedOf(PROVIDER),
})

const voteOf = (receiver: number): Vote => fc.sample(voteFromThreshold(receiver), { seed: SEED, numRuns: 1 })[0]!
