/** A path that is missing may be an accident. It costs nothing for five windows, and then as much as serving nobody. */
import { expect } from 'chai'
import { type Leaf, STATUS } from '../../../../proto/leaf.js'
import { OUTCOME, type OutcomeCode } from '../../../../proto/vote.js'
import { assign } from '../../assignment/assign.js'
import type { ActiveProvider } from '../../facts.js'
import {
  account,
  CLAIM_KBPS,
  evaluateCast,
  facts,
  PARAMS,
  providerNamed,
  registryIndex,
  vote,
} from '../../test/samples.js'
import { NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput } from '../evaluate.js'

const RECEIVERS = [0, 1, 2, 3, 4, 5, 6].map(registryIndex)
/** f+1 of seven: without their votes there is no quorum. */
const FEW = RECEIVERS.slice(0, 3)
const TICKS = (1n << 24n) - 1n
const FREE_WINDOWS = 5

interface Seen {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
}
const kept: Seen = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS }
const slow: Seen = { outcome: OUTCOME.under, rateKbps: 0.6 * CLAIM_KBPS }
const dead: Seen = { outcome: OUTCOME.dead, rateKbps: 0 }
const pathless: Seen = { outcome: OUTCOME.noPath, rateKbps: 0 }

/** What a receiver sees in a window. Heartbeats always come back. */
type Window = Seen | ((receiver: number) => Seen)
const times = (count: number, seen: Window): Window[] => new Array<Window>(count).fill(seen)

/** The leaves of the only provider. @param registered what the chain says of it in a window, from 0 */
function leavesOf(windows: readonly Window[], registered: (window: number) => Partial<ActiveProvider> = () => ({})) {
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  return windows.map((seen, window): Leaf => {
    const epoch = window + 1
    const provider = providerNamed(0, registered(window))
    const chain = { ...facts({ verifiers: RECEIVERS.length, providers: 0, epoch }), providers: [provider] }
    const ballots = RECEIVERS.map(receiver => {
      const { outcome, rateKbps } = typeof seen === 'function' ? seen(receiver) : seen
      const ticks = { epoch, provider: provider.account, ticksSent: TICKS, ticksAnswered: TICKS }
      return { verifier: receiver, votes: [vote(receiver, outcome, rateKbps, ticks)] }
    })
    const assignment = assign(chain, PARAMS)
    const evaluation = evaluateCast({ params: PARAMS, facts: chain, assignment, previous, ballots })
    previous = { epoch, ...evaluation }
    return evaluation.leaves[0]!
  })
}
const penalties = (leaves: readonly Leaf[]) => leaves.map(({ penaltyBps }) => penaltyBps)
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const lastOf = (leaves: readonly Leaf[]): Leaf => leaves.at(-1)!

describe('a path that is missing', () => {
  it('for one to five windows is an accident: no rate, no breach, no stake, and the score comes back', () => {
    for (let count = 1; count <= FREE_WINDOWS; count++) {
      const leaves = leavesOf([...times(4, kept), ...times(count, pathless), ...times(4 * count, kept)])
      expect(leaves.every(({ breachBits, penaltyBps }) => breachBits === 0 && penaltyBps === 0)).to.equal(true)
      const during = leaves.slice(4, 4 + count)
      expect(during.every(({ status }) => status === STATUS.unmeasured)).to.equal(true)
      expect(lastOf(leaves).pathlessQ2).to.equal(0)
      expect(lastOf(leaves).scoreBps).to.be.above(leaves[3]!.scoreBps)
    }
  })

  it('for longer is slashed like dead, window by window, whatever the score was before', () => {
    for (const before of [[], times(1, kept), times(12, kept)]) {
      const lasting = leavesOf([...before, ...times(FREE_WINDOWS + 9, pathless)])
      const gone = leavesOf([...before, ...times(9, dead)])
      const free = new Array(before.length + FREE_WINDOWS).fill(0)
      expect(penalties(lasting)).to.deep.equal([...free, ...penalties(gone).slice(before.length)])
      expect(sum(penalties(lasting))).to.equal(3 * PARAMS.maxPenaltyBps)
    }
  })

  it('ends as an accident only with a served window, not with a changed claim', () => {
    const changing = (window: number) => ({ claimKbps: window % 2 === 0 ? CLAIM_KBPS : 2 * CLAIM_KBPS })
    const leaves = leavesOf(times(8, pathless), changing)
    expect(penalties(leaves)).to.deep.equal(penalties(leavesOf(times(8, pathless))))
    expect(sum(penalties(leaves))).to.equal(PARAMS.maxPenaltyBps)
  })

  it('leaves nothing to an account that takes the place of another in time: neither its score nor its breaches', () => {
    const another = (window: number) => {
      const index = Math.floor(window / FREE_WINDOWS)
      return { index, account: account(`provider ${index}`) }
    }
    const leaves = leavesOf([...times(4 * FREE_WINDOWS, pathless)], another)
    expect(leaves.map(({ scoreBps, penaltyBps }) => scoreBps + penaltyBps)).to.deep.equal(times(20, kept).map(() => 0))
    // Whoever is under the threshold in two windows and leaves is no better and no worse off.
    const under = leavesOf(times(8, dead), window => ({ account: account(`provider ${Math.floor(window / 2)}`) }))
    expect(under.map(({ scoreBps, penaltyBps }) => scoreBps + penaltyBps)).to.deep.equal(times(8, kept).map(() => 0))
  })

  for (const [name, fails] of [
    ['dead', dead],
    ['below the threshold', slow],
  ] as const) {
    it(`gains no new time by a window in which the provider is ${name}`, () => {
      const some = (receiver: number) => (FEW.includes(receiver) ? pathless : fails)
      for (const hides of [pathless, some]) {
        const cycle = [...times(FREE_WINDOWS, hides), fails]
        const leaves = leavesOf([...cycle, ...cycle, ...cycle])
        expect(sum(penalties(leaves.slice(0, FREE_WINDOWS)))).to.equal(0)
        expect(penalties(leaves.slice(FREE_WINDOWS)).filter(bps => bps > 0)).to.have.length(4)
      }
    })
  }

  it('in more than one window of five is no safer than being dead in them, after the five that are free', () => {
    for (const [bad, good] of [
      [5, 1],
      [3, 1],
      [2, 1],
      [1, 1],
    ] as const) {
      const cycles = (fails: Seen) =>
        leavesOf(Array.from({ length: 60 / (bad + good) }, () => [...times(bad, fails), ...times(good, kept)]).flat())
      const [lacking, gone] = [cycles(pathless), cycles(dead)].map(leaves => penalties(leaves).slice(-24))
      // The breaches may fall on other windows of the cycle, and then one more or less falls into the span.
      expect(sum(lacking!), `${bad}:${good}`).to.be.closeTo(sum(gone!), PARAMS.maxPenaltyBps)
      expect(sum(lacking!), `${bad}:${good}`).to.be.at.least(2 * PARAMS.maxPenaltyBps)
    }
  })

  it('in one window of five stays an accident for ever', () => {
    const leaves = leavesOf(Array.from({ length: 12 }, () => [pathless, ...times(4, kept)]).flat())
    expect(leaves.every(({ breachBits, penaltyBps }) => breachBits === 0 && penaltyBps === 0)).to.equal(true)
  })

  it('does not come of windows that the verifiers failed to measure', () => {
    const liars = (receiver: number): Seen =>
      FEW.slice(1).includes(receiver) ? pathless : { outcome: OUTCOME.noData, rateKbps: 0 }
    const leaves = leavesOf([...times(12, liars), ...times(FREE_WINDOWS, pathless)])
    expect(lastOf(leaves)).to.include({ status: STATUS.unmeasured, breachBits: 0 })
    expect(sum(penalties(leaves))).to.equal(0)
  })
})
