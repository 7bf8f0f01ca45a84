/** Scores over runs of windows, from votes: they must agree with sense. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Leaf } from '../../../../proto/leaf.js'
import { OUTCOME, type OutcomeCode } from '../../../../proto/vote.js'
import { assign } from '../../assignment/assign.js'
import { account, CLAIM_KBPS, evaluateCast, facts, PARAMS, registryIndex, vote } from '../../test/samples.js'
import { NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput } from '../evaluate.js'
import { NEWCOMER, nextStanding, type Standing } from '../standing.js'

const TICKS = 24
const VERIFIERS = [0, 1, 2, 3, 4].map(registryIndex)

/** What all verifiers see of the only provider in one window. */
interface Seen {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
  /** of 24 */
  readonly ticksUp: number
}
const good: Seen = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, ticksUp: TICKS }
const dead: Seen = { outcome: OUTCOME.dead, rateKbps: 0, ticksUp: TICKS }
/** Down for a part of the window: no session came through, and a third of the ticks got no answer. */
const restarted: Seen = { outcome: OUTCOME.dead, rateKbps: 0, ticksUp: 16 }
const times = (count: number, seen: Seen): Seen[] => new Array<Seen>(count).fill(seen)

/** The leaves of the provider, one for each window. */
function leavesOf(windows: readonly Seen[], params = PARAMS): Leaf[] {
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  return windows.map(({ outcome, rateKbps, ticksUp }, i) => {
    const epoch = i + 1
    const chain = facts({ verifiers: VERIFIERS.length, providers: 1, epoch })
    const more = { epoch, ticksSent: (1n << BigInt(TICKS)) - 1n, ticksAnswered: (1n << BigInt(ticksUp)) - 1n }
    const ballots = VERIFIERS.map(verifier => ({
      verifier,
      votes: [vote(verifier, outcome, rateKbps, { ...more, provider: account('provider 0') })],
    }))
    const { leaves } = evaluateCast({
      params,
      facts: chain,
      assignment: assign(chain, params),
      previous,
      ballots,
    })
    previous = { ...NOTHING_CARRIED, epoch, leaves }
    return leaves[0]!
  })
}

describe('a score over windows', () => {
  it('comes up for a provider that restarted in its first window and keeps its whole claim since', () => {
    const scores = leavesOf([restarted, ...times(8, good)]).map(leaf => leaf.scoreBps)
    expect(scores[0]).to.equal(0)
    expect(scores[1]).to.be.above(2_500)
    expect(scores[3]).to.be.above(5_000)
    expect(scores[8]).to.be.above(8_000)
  })

  it('is not 0 for a provider that restarted in its first window, where that window was certified', () => {
    const [leaf] = leavesOf([{ ...good, ticksUp: 16 }])
    expect(leaf).to.include({ rateKbps: CLAIM_KBPS })
    expect(leaf!.scoreBps).to.be.above(3_000)
  })

  it('does not stay at 92.7 % for a provider that was dead for five windows and slashed', () => {
    const leaves = leavesOf([...times(3, good), ...times(5, dead)])
    expect(leaves.map(leaf => leaf.penaltyBps)).to.deep.equal([0, 0, 0, 0, 0, PARAMS.maxPenaltyBps, 0, 0])
    expect(leaves.at(-1)!.scoreBps).to.be.below(4_000)
  })

  it('ranks one restart clearly above five dead windows, in runs of the same length', () => {
    const scoreAfter = (windows: readonly Seen[]) => leavesOf(windows).at(-1)!.scoreBps
    const slashed = [
      [...times(5, dead), ...times(5, good)],
      [...times(3, good), ...times(5, dead), ...times(2, good)],
      [...times(5, good), ...times(5, dead)],
    ]
    const restart = scoreAfter([restarted, ...times(9, good)])
    for (const windows of slashed) expect(scoreAfter(windows) + 2_000).to.be.below(restart)
  })

  it('is above 90 % for an honest newcomer after five windows of 24 ticks', () => {
    const scores = leavesOf(times(5, good)).map(leaf => leaf.scoreBps)
    expect(scores[0]).to.be.within(5_000, 7_000)
    expect(scores[4]).to.be.above(9_000)
  })

  it('does not pin U at 0 for a first window without an answer', () => {
    const uptimes = leavesOf([{ ...restarted, ticksUp: 0 }, ...times(8, good)]).map(leaf => leaf.uptimeBps)
    expect(uptimes[0]).to.equal(0)
    expect(uptimes[1]).to.be.above(3_500)
    expect(uptimes[8]).to.be.above(8_500)
  })

  it('falls by more than a third for nine windows in ten without service or without a measurement', () => {
    const unmeasured = { ...good, outcome: OUTCOME.noData, rateKbps: 0 }
    const whole = leavesOf(times(20, good)).at(-1)!.scoreBps
    for (const bad of [dead, unmeasured]) {
      const mixed = leavesOf([...times(10, good), ...times(9, bad), good]).at(-1)!.scoreBps
      expect(mixed).to.be.below((2 / 3) * whole)
    }
  })

  const window = fc.record({
    measured: fc.option(
      fc.record({ rateKbps: fc.integer({ min: 0, max: 30_000 }), claimKbps: fc.integer({ min: 1, max: 30_000 }) }),
      { nil: undefined },
    ),
    ticks: fc.nat(256).chain(total => fc.record({ up: fc.nat(total), total: fc.constant(total) })),
  })

  it('stays as it is in an epoch in which no window ends', () => {
    fc.assert(
      fc.property(fc.array(window, { maxLength: 20 }), windows => {
        const standing = windows.reduce<Standing>((state, one) => nextStanding(state, one, PARAMS), NEWCOMER)
        expect(nextStanding(standing, undefined, PARAMS)).to.deep.equal(standing)
      }),
    )
  })

  it('does not depend on how long an epoch takes', () => {
    const windows = [restarted, ...times(3, good)]
    expect(leavesOf(windows, { ...PARAMS, epochSeconds: 3_600 })).to.deep.equal(leavesOf(windows))
  })

  it('never falls because a window at the claim was measured with every tick up', () => {
    fc.assert(
      fc.property(fc.array(window, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (windows, halfLifeWindows) => {
        const params = { halfLifeWindows }
        const before = windows.reduce<Standing>((state, one) => nextStanding(state, one, params), NEWCOMER)
        const kept = { measured: { rateKbps: 1, claimKbps: 1 }, ticks: { up: 256, total: 256 } }
        const after = nextStanding(before, kept, params)
        expect(after.throughputQ32).to.be.at.least(before.throughputQ32 - 2)
        expect(after.throughputSumQ32).to.be.at.most(after.throughputWeightQ32)
      }),
    )
  })
})
