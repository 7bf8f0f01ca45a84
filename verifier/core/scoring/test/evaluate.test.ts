import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../../proto/hex.js'
import { decodeLeaf, encodeLeaf, LEAF_FIELDS, type Leaf, STATUS } from '../../../../proto/leaf.js'
import { type SoakVote, soakVotesDigest } from '../../../../proto/soak-vote.js'
import { OUTCOME, type OutcomeCode, type Vote } from '../../../../proto/vote.js'
import { ballotSetRoot } from '../../agreement/ballot-set.js'
import { assign } from '../../assignment/assign.js'
import { assignedRoot } from '../../assignment/assigned.js'
import { anyVote } from '../../test/arbitraries.js'
import {
  account,
  type CastBallot,
  CLAIM_KBPS,
  encodedBallots,
  facts,
  PARAMS,
  providerNamed,
  registryIndex,
  talliesIn,
  vote,
} from '../../test/samples.js'
import { decodeCarryOver, encodeCarryOver, NOTHING_CARRIED } from '../carry-over.js'
import { decayQ32 } from '../decay.js'
import { type EvaluateInput, evaluateEpoch } from '../evaluate.js'
import { buildReport, leafTree } from '../report.js'
import { wilsonLowerBps } from '../uptime.js'

const ALL_TICKS = (1n << 24n) - 1n
const VERIFIERS = [0, 1, 2, 3, 4].map(registryIndex)
const NO_SOAKS: ReadonlyMap<Hex, readonly SoakVote[]> = new Map()
const NOTHING = { epoch: 0, ...NOTHING_CARRIED }

type Cast = (provider: Hex, receiver: number) => { outcome: OutcomeCode; rateKbps: number; answered?: bigint }

/** A ballot of every verifier, with the votes that `cast` makes for every provider. */
const ballotsOf = (epoch: number, providers: number, cast: Cast): CastBallot[] =>
  VERIFIERS.map(verifier => ({
    verifier,
    votes: Array.from({ length: providers }, (_, i) => {
      const provider = account(`provider ${i}`)
      const { outcome, rateKbps, answered = ALL_TICKS } = cast(provider, verifier)
      return vote(verifier, outcome, rateKbps, { epoch, provider, ticksSent: ALL_TICKS, ticksAnswered: answered })
    }),
  }))

const honest: Cast = () => ({ outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS })
const throttled: Cast = () => ({ outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 10 })
const offline: Cast = () => ({ outcome: OUTCOME.noData, rateKbps: 0, answered: 0n })

type InputParts = Partial<Omit<EvaluateInput, 'ballots'> & { readonly ballots: readonly CastBallot[] }>

function inputOf(epoch: number, providers: number, { ballots = [], ...over }: InputParts = {}): EvaluateInput {
  const chain = facts({ verifiers: VERIFIERS.length, providers, epoch })
  return {
    params: PARAMS,
    facts: chain,
    assignment: assign(chain, PARAMS),
    previous: NOTHING,
    ballots: encodedBallots(ballots),
    ...over,
  }
}

/** The leaves of the only provider over a run of epochs; undefined stands for an epoch without a report. */
function run(casts: readonly (Cast | undefined)[]): Leaf[] {
  const leaves: Leaf[] = []
  for (const [i, cast] of casts.entries()) {
    if (cast === undefined) continue
    const last = leaves.at(-1)
    const previous = last ? { ...NOTHING_CARRIED, epoch: last.epoch, leaves: [last] } : NOTHING
    leaves.push(evaluateEpoch(inputOf(i + 1, 1, { previous, ballots: ballotsOf(i + 1, 1, cast) })).leaves[0]!)
  }
  return leaves
}

describe('evaluation of an epoch', () => {
  it('gives an honest provider exactly the score of the formula', () => {
    const [first, second] = run([honest, honest])
    expect(first).to.deep.equal({
      epoch: 1,
      index: 0,
      provider: account('provider 0'),
      status: STATUS.measured,
      uptimeBps: 8_986,
      rateKbps: CLAIM_KBPS,
      claimKbps: CLAIM_KBPS,
      scoreBps: 6_161,
      tier: 0,
      throughputQ32: 2_944_779_803,
      throughputSumQ32: 2 ** 32,
      throughputWeightQ32: 6_264_218_483,
      ticksUpQ16: 24 * 65_536,
      ticksTotalQ16: 24 * 65_536,
      pathlessQ2: 0,
      soakVotes: ZERO_HASH,
      windowVotes: ZERO_HASH,
      link: ZERO_HASH,
      breachBits: 0,
      breachPenaltyBps: 0,
      assignedRoot: assignedRoot(VERIFIERS.map(receiver => ({ receiver, epoch: 1 }))),
      penaltyBps: 0,
    })
    const factor = decayQ32(PARAMS.halfLifeWindows)
    const ticks = ((BigInt(24 * 65_536) * factor) >> 32n) + BigInt(24 * 65_536)
    expect(second).to.include({ ticksUpQ16: Number(ticks), uptimeBps: wilsonLowerBps(ticks, ticks) })
  })

  it('penalises a throttled provider at its third breach, even across an epoch without a report', () => {
    const leaves = run([throttled, undefined, throttled, undefined, undefined, undefined, throttled, throttled])
    expect(leaves.map(leaf => leaf.penaltyBps)).to.deep.equal([0, 0, 866, 0])
    expect(leaves.map(leaf => leaf.breachBits)).to.deep.equal([0b1, 0b11, 0, 0b1])
    expect(leaves.every(leaf => leaf.rateKbps === CLAIM_KBPS / 10)).to.equal(true)
  })

  it('leaves an offline provider unmeasured, its uptime and throughput falling', () => {
    const leaves = run([honest, offline, undefined, offline])
    expect(leaves.map(leaf => leaf.status)).to.deep.equal([STATUS.measured, STATUS.unmeasured, STATUS.unmeasured])
    expect(leaves.map(leaf => leaf.pathlessQ2)).to.deep.equal([0, 0, 0])
    expect(leaves.map(leaf => leaf.penaltyBps + leaf.breachBits)).to.deep.equal([0, 0, 0])
    const [a, b, c] = leaves as [Leaf, Leaf, Leaf]
    expect(a.uptimeBps > b.uptimeBps && b.uptimeBps > c.uptimeBps).to.equal(true)
    expect(a.throughputQ32 > b.throughputQ32 && b.throughputQ32 > c.throughputQ32).to.equal(true)
  })

  it('penalises a provider that answers heartbeats and serves nobody', () => {
    const refuser: Cast = () => ({ outcome: OUTCOME.refused, rateKbps: 0 })
    const leaves = run([refuser, refuser, refuser])
    expect(leaves.map(leaf => leaf.status)).to.deep.equal([STATUS.unserving, STATUS.unserving, STATUS.unserving])
    expect(leaves.map(leaf => leaf.penaltyBps)).to.deep.equal([0, 0, PARAMS.maxPenaltyBps])
  })

  it('leaves a provider without a path five windows to repair it, and then penalises it window by window', () => {
    const pathless: Cast = () => ({ outcome: OUTCOME.noPath, rateKbps: 0 })
    const leaves = run(new Array(8).fill(pathless))
    expect(leaves.map(({ breachBits, penaltyBps }) => [breachBits, penaltyBps])).to.deep.equal([
      ...new Array(5).fill([0, 0]),
      ...[
        [0b1, 0],
        [0b11, 0],
        [0, PARAMS.maxPenaltyBps],
      ],
    ])
    expect(leaves.map(({ pathlessQ2 }) => pathlessQ2)).to.deep.equal([4, 8, 12, 16, 20, 20, 20, 20])
    const repaired = run([...new Array(4).fill(pathless), honest, pathless])
    expect(repaired.at(-2)).to.include({ status: STATUS.measured, pathlessQ2: 15, breachBits: 0 })
    expect(repaired.at(-1)).to.include({ status: STATUS.unmeasured, pathlessQ2: 19, breachBits: 0 })
  })

  it('starts afresh for an account that was not in the last report under the same index', () => {
    const held = [0, 1, 2].map(receiver => ({ receiver, epoch: 1, rateKbps: 1 }))
    const previous = {
      ...NOTHING_CARRIED,
      epoch: 1,
      leaves: run([throttled]).map(leaf => ({ ...leaf, index: 9 })),
      soakVotes: new Map([[account('provider 0'), held]]),
    }
    const { leaves } = evaluateEpoch(inputOf(2, 1, { previous, ballots: ballotsOf(2, 1, honest) }))
    expect(leaves[0]).to.include({ breachBits: 0, throughputSumQ32: 2 ** 32, soakVotes: ZERO_HASH })
  })

  it('counts no vote of another epoch, of another receiver, or cast twice', () => {
    const ballots = ballotsOf(4, 1, honest)
    const withVotes = (change: (votes: readonly Vote[]) => Vote[]) =>
      talliesIn(
        inputOf(4, 1, { ballots: ballots.map((one, i) => (i < 3 ? { ...one, votes: change(one.votes) } : one)) }),
      ).get(account('provider 0'))!.usable
    expect(withVotes(votes => [...votes])).to.equal(5)
    expect(withVotes(votes => votes.map(one => ({ ...one, epoch: 3 })))).to.equal(2)
    expect(withVotes(votes => votes.map(one => ({ ...one, receiver: 9 })))).to.equal(2)
    expect(withVotes(votes => [...votes, ...votes])).to.equal(2)
  })

  it('sets no breach in a common failure, and says so', () => {
    const fine = evaluateEpoch(inputOf(1, 20, { ballots: ballotsOf(1, 20, honest) }))
    const fallen = new Set([0, 1, 2, 3, 4].map(i => account(`provider ${i}`)))
    const cast: Cast = (provider, receiver) => (fallen.has(provider) ? throttled : honest)(provider, receiver)
    const previous = { epoch: 1, ...fine }
    const common = evaluateEpoch(inputOf(2, 20, { previous, ballots: ballotsOf(2, 20, cast) }))
    expect(common.commonFailure).to.equal(true)
    expect(common.leaves.every(leaf => leaf.breachBits === 0)).to.equal(true)
    expect(common.leaves[0]!.rateKbps).to.equal(CLAIM_KBPS / 10)
  })

  it('holds a provider to its last soak until the next, by votes whose digest is in the leaf', () => {
    const soaks = { ...PARAMS, soakShareBps: 10_000 }
    const slow: Cast = () => ({ outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 5 })
    const soak = (cast: Cast, previous: EvaluateInput['previous'], epoch: number) => {
      const ballots = ballotsOf(epoch, 1, cast).map(one => ({
        ...one,
        votes: one.votes.map(cast => ({ ...cast, soak: true })),
      }))
      return evaluateEpoch(inputOf(epoch, 1, { params: soaks, previous, ballots }))
    }
    const short = (previous: EvaluateInput['previous'], epoch: number) =>
      evaluateEpoch(inputOf(epoch, 1, { previous, ballots: ballotsOf(epoch, 1, honest) }))

    const first = soak(slow, NOTHING, 1)
    const second = short({ epoch: 1, ...first }, 2)
    const third = soak(honest, { epoch: 2, ...second }, 3)
    expect(first.leaves[0]).to.include({ rateKbps: CLAIM_KBPS / 5, breachBits: 1 })
    expect(second.leaves[0]).to.include({ rateKbps: CLAIM_KBPS / 5, breachBits: 1, status: STATUS.measured })
    expect(third.leaves[0]).to.include({ rateKbps: CLAIM_KBPS })
    for (const { leaves, soakVotes } of [first, second, third]) {
      expect(leaves[0]!.soakVotes).to.equal(soakVotesDigest(soakVotes.get(account('provider 0'))!))
    }
    expect(second.leaves[0]!.soakVotes).to.equal(first.leaves[0]!.soakVotes).and.not.equal(third.leaves[0]!.soakVotes)
    expect(third.soakVotes.get(account('provider 0'))!.map(one => one.epoch)).to.deep.equal([3, 3, 3, 3, 3])
  })

  it('is restored in full from its stored and served encoding', () => {
    const held = VERIFIERS.map(receiver => ({ receiver, epoch: 1, rateKbps: 100 * receiver }))
    const before = evaluateEpoch(inputOf(1, 2, { ballots: ballotsOf(1, 2, honest) }))
    const carryOver = {
      ...NOTHING_CARRIED,
      leaves: before.leaves.map((leaf, i) => (i === 0 ? { ...leaf, soakVotes: soakVotesDigest(held) } : leaf)),
      soakVotes: new Map([[account('provider 0'), held]]),
    }
    expect(decodeCarryOver(encodeCarryOver(carryOver))).to.deep.equal(carryOver)
    expect(() => decodeCarryOver(encodeCarryOver({ ...carryOver, soakVotes: NO_SOAKS }))).to.throw(RangeError)
  })

  const anyEpoch = fc.record({
    ballots: fc.tuple(
      ...VERIFIERS.map(verifier =>
        fc.tuple(anyVote(verifier), anyVote(verifier), anyVote(verifier)).map(
          (votes): CastBallot => ({
            verifier,
            votes: votes.map((one, i) => ({ ...one, provider: account(`provider ${i}`) })),
          }),
        ),
      ),
    ),
    earlier: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(honest, throttled, offline))),
  })
  const inputFor = ({ ballots, earlier }: { ballots: CastBallot[]; earlier: Cast[] }): EvaluateInput => {
    const cast: Cast = (provider, receiver) =>
      earlier[[0, 1, 2].findIndex(i => provider === account(`provider ${i}`))]!(provider, receiver)
    const before = evaluateEpoch(inputOf(2, 3, { ballots: ballotsOf(2, 3, cast) }))
    return inputOf(4, 3, { previous: { epoch: 2, ...before }, ballots })
  }

  it('is the same for every order of its inputs', () => {
    const shuffle = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length })
    const drawn = anyEpoch.chain(one =>
      fc.record({
        input: fc.constant(inputFor(one)),
        ballots: shuffle(one.ballots),
        providers: shuffle([0, 1, 2]),
        leaves: shuffle([0, 1, 2]),
      }),
    )
    fc.assert(
      fc.property(drawn, ({ input, ballots, providers, leaves }) => {
        const other: EvaluateInput = {
          ...input,
          facts: { ...input.facts, providers: providers.map(i => providerNamed(i)) },
          previous: { ...input.previous, leaves: leaves.map(i => input.previous.leaves[i]!) },
          ballots: encodedBallots(ballots.map(ballot => ({ ...ballot, votes: [...ballot.votes].reverse() }))),
        }
        expect(evaluateEpoch(other).leaves).to.deep.equal(evaluateEpoch(input).leaves)
      }),
    )
  })

  it('gives leaves within bounds that fit their encoding', () => {
    fc.assert(
      fc.property(anyEpoch.map(inputFor), input => {
        for (const leaf of evaluateEpoch(input).leaves) {
          expect(decodeLeaf(encodeLeaf(leaf))).to.deep.equal(leaf)
          expect(leaf.uptimeBps).to.be.within(0, 10_000)
          expect(leaf.scoreBps).to.be.within(0, leaf.uptimeBps)
          expect(leaf.penaltyBps).to.be.within(0, PARAMS.maxPenaltyBps)
          expect(leaf.rateKbps).to.be.within(0, leaf.claimKbps)
          expect(leaf.throughputQ32).to.be.within(0, 2 ** 32)
          expect(leaf.ticksUpQ16).to.be.at.most(leaf.ticksTotalQ16)
          expect(leaf.breachBits).to.be.below(32)
        }
      }),
    )
  })

  it('makes a report whose leaves the reference checker accepts', () => {
    const ballotSet = VERIFIERS.map(verifier => ({ verifier, root: keccakText(`ballot ${verifier}`) }))
    const input = inputOf(4, 3, { ballots: ballotsOf(4, 3, honest) })
    const report = buildReport({ ...input, previousHeader: keccakText('previous'), ballotSet, rewardsRoot: ZERO_HASH })
    expect(report.header).to.deep.include({
      epoch: 4,
      blockHash: input.facts.blockHash,
      previousHeader: keccakText('previous'),
      ballotSetRoot: ballotSetRoot(ballotSet),
      providerCount: 3,
      commonFailure: false,
    })
    const tree = leafTree(report.leaves)
    const types = LEAF_FIELDS.map(([, type]) => type)
    for (const [i, leaf] of report.leaves.entries()) {
      const values = LEAF_FIELDS.map(([name]) => leaf[name])
      const accepted = StandardMerkleTree.verify(report.header.scoreRoot, [...types], values, tree.proof(i))
      expect(accepted).to.equal(true)
    }
  })
})
