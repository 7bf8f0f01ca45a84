/** How a provider might dodge a penalty, or be paid for what it does not serve, by its claims and by its absence. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Leaf, STATUS } from '../../../../proto/leaf.js'
import { OUTCOME } from '../../../../proto/vote.js'
import { assign } from '../../assignment/assign.js'
import { account, CLAIM_KBPS, evaluateCast, facts, PARAMS, providerNamed, vote } from '../../test/samples.js'
import { type BreachWindow, type HeldBreaches, NO_BREACH, nextBreachState, penaltyBps } from '../breach.js'
import { NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput } from '../evaluate.js'

const CAPACITY_KBPS = 1_000_000
const HUGE_KBPS = 2 ** 32 - 1
const TICKS = (1n << 24n) - 1n
const PROVIDER = account('provider 0')

/** What the provider does in a window. */
interface Window {
  readonly claimKbps: number
  /** what it delivers; undefined if it is away */
  readonly deliversKbps: number | undefined
}
const serves = (deliversKbps: number, claimKbps = CLAIM_KBPS): Window => ({ claimKbps, deliversKbps })
const away: Window = { claimKbps: CLAIM_KBPS, deliversKbps: undefined }
const times = (count: number, window: Window): Window[] => new Array<Window>(count).fill(window)

/** Every receiver that has a session reads what the provider delivers. The others have nothing to say. */
function leavesOf(windows: readonly Window[]): Leaf[] {
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  return windows.map(({ claimKbps, deliversKbps }, i) => {
    const epoch = i + 1
    const chain = {
      ...facts({ verifiers: 5, providers: 0, epoch, beacon: `${epoch}`, capacityKbps: CAPACITY_KBPS }),
      providers: [providerNamed(0, { claimKbps })],
    }
    const assignment = assign(chain, PARAMS)
    const ballots = chain.verifiers.map(({ index }) => {
      const hasSession = assignment.sessions.some(({ receiver }) => receiver === index)
      const evidence = { offeredKbps: 2 ** 32 - 1, directKbps: 2 ** 32 - 1 }
      const ticks = {
        epoch,
        provider: PROVIDER,
        ticksSent: TICKS,
        ticksAnswered: deliversKbps === undefined ? 0n : TICKS,
      }
      const isRead = hasSession && deliversKbps !== undefined
      const outcome = isRead ? (deliversKbps < claimKbps ? OUTCOME.under : OUTCOME.verified) : OUTCOME.noData
      return { verifier: index, votes: [vote(index, outcome, isRead ? deliversKbps : 0, { ...evidence, ...ticks })] }
    })
    const evaluation = evaluateCast({ params: PARAMS, facts: chain, assignment, previous, ballots })
    previous = { ...evaluation, epoch }
    return evaluation.leaves[0]!
  })
}
const penalties = (windows: readonly Window[]): number[] =>
  leavesOf(windows)
    .map(leaf => leaf.penaltyBps)
    .filter(penalty => penalty > 0)

const slow = serves(CLAIM_KBPS / 10)

describe('dodging a penalty', () => {
  it('attack: raises its claim beyond the network’s capacity after two breaches, and waits for them to be forgotten', () => {
    const leaves = leavesOf([slow, slow, ...times(6, serves(CLAIM_KBPS / 10, HUGE_KBPS)), slow])
    for (const leaf of leaves.slice(2, 8)) {
      expect(leaf).to.include({ status: STATUS.unmeasured, breachBits: 0b11, breachPenaltyBps: 866, penaltyBps: 0 })
    }
    expect(leaves.at(-1)).to.include({ breachBits: 0, penaltyBps: 866 })
    expect(leaves.at(-1)!.throughputQ32).to.be.below(leaves[1]!.throughputQ32)
  })

  it('attack: goes offline after two breaches until they are forgotten', () => {
    expect(penalties([slow, slow, ...times(9, away), slow])).to.deep.equal([866])
  })

  it('attack: makes the third breach a tiny one, by its rate or by a lowered claim', () => {
    expect(penalties([slow, slow, serves(18_749)])).to.deep.equal([866])
    expect(penalties([slow, slow, serves(2_500, 3_334)])).to.deep.equal([866])
  })

  it('is never paid by claims and absences in between: each penalty is at least that of each breach before it', () => {
    const breach = fc
      .tuple(fc.integer({ min: 1, max: HUGE_KBPS }), fc.integer({ min: 0, max: 7_499 }))
      .map(([claimKbps, bps]): BreachWindow => {
        const rateKbps = Math.floor((claimKbps * bps) / 10_000)
        return { measured: { claimKbps, rateKbps }, breach: true }
      })
    const nothing = fc.constant<BreachWindow>({ measured: undefined, breach: false })
    fc.assert(
      fc.property(fc.array(fc.oneof(breach, nothing), { maxLength: 40 }), windows => {
        let held: HeldBreaches = NO_BREACH
        let since: number[] = []
        for (const window of windows) {
          const next = nextBreachState(held, window, PARAMS)
          if (window.measured) since.push(penaltyBps(window.measured.rateKbps, window.measured.claimKbps, PARAMS))
          expect(next.penaltyBps > 0).to.equal(since.length === 3)
          if (next.penaltyBps > 0) {
            expect(next.penaltyBps).to.equal(Math.max(...since))
            since = []
          }
          held = next
        }
      }),
    )
  })

  it('costs an honest provider nothing after an accident of two windows, however long it is unmeasured then', () => {
    const kept = serves(CLAIM_KBPS)
    const leaves = leavesOf([kept, slow, slow, ...times(8, away), ...times(5, kept), slow, ...times(5, kept)])
    expect(leaves.every(leaf => leaf.penaltyBps === 0)).to.equal(true)
    expect(leaves.at(-1)).to.include({ breachBits: 0, breachPenaltyBps: 0 })
  })
})

describe('a raised claim', () => {
  const scored = ({ throughputQ32, claimKbps }: Leaf) => (throughputQ32 / 2 ** 32) * claimKbps

  it('attack: earns its throughput with a claim of 1 kbit/s, and is scored for a claim that it raises then', () => {
    const leaves = leavesOf([...times(40, serves(1, 1)), ...times(4, slow)])
    expect(leaves[39]!.throughputQ32 / 2 ** 32).to.be.above(0.99)
    for (const leaf of leaves.slice(40)) expect(scored(leaf)).to.be.at.most(CLAIM_KBPS / 10)
  })

  it('attack: claims twice what it delivers in two windows of five', () => {
    const cycle = [serves(CLAIM_KBPS / 2), serves(CLAIM_KBPS / 2), ...times(3, serves(CLAIM_KBPS / 2, CLAIM_KBPS / 2))]
    const honest = times(40, serves(CLAIM_KBPS / 2, CLAIM_KBPS / 2))
    const cheats = [...honest, ...Array.from({ length: 4 }, () => cycle).flat()]
    const sum = (leaves: readonly Leaf[]) => leaves.map(scored).reduce((total, one) => total + one, 0)
    expect(sum(leavesOf(cheats).slice(40))).to.be.below(sum(leavesOf([...honest, ...honest.slice(20)]).slice(40)))
  })

  it('is believed as soon as it is kept', () => {
    const [first, , , fourth] = leavesOf([
      ...times(20, serves(CLAIM_KBPS, CLAIM_KBPS)),
      ...times(4, serves(2 * CLAIM_KBPS, 2 * CLAIM_KBPS)),
    ]).slice(20)
    expect(first!.throughputQ32 / 2 ** 32).to.be.above(0.8)
    expect(fourth!.throughputQ32 / 2 ** 32).to.be.above(0.95)
  })
})
