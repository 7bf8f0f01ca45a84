import { expect } from 'chai'
import fc from 'fast-check'
import { CLAIM_KBPS, PARAMS } from '../../test/samples.js'
import { decayQ32, ONE_Q32 } from '../decay.js'
import { scoreBps, tierOf } from '../score.js'
import { atLargerClaim, nextThroughput, PRIOR, type Throughput, throughputQ32 } from '../throughput.js'

const HALF_LIFE = PARAMS.halfLifeWindows
const anyHalfLife = fc.integer({ min: 1, max: 1_000 })
/** A window's rate as a share of the claim; undefined if the window was unmeasured. */
type Ratio = number | undefined

/** S and N after these windows. */
function stepped(before: Throughput, ratios: readonly Ratio[], halfLife = HALF_LIFE): Throughput {
  const factor = decayQ32(halfLife)
  return ratios.reduce<Throughput>((state, ratio) => {
    const measured =
      ratio === undefined ? undefined : { rateKbps: Math.floor(ratio * CLAIM_KBPS), claimKbps: CLAIM_KBPS }
    return nextThroughput(state, factor, measured)
  }, before)
}
const stateAfter = (ratios: readonly Ratio[], halfLife?: number): Throughput => stepped(PRIOR, ratios, halfLife)
const meanOf = (throughput: Throughput): number => Number(throughputQ32(throughput)) / 2 ** 32
const meanAfter = (ratios: readonly Ratio[], halfLife?: number): number => meanOf(stateAfter(ratios, halfLife))
const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value)

describe('decay', () => {
  it('halves in a half-life, as 2^(−1/h) a window does', () => {
    fc.assert(
      fc.property(anyHalfLife, halfLife => {
        expect(Number(decayQ32(halfLife))).to.be.closeTo(2 ** (32 - 1 / halfLife), 1)
        expect((Number(decayQ32(halfLife)) / 2 ** 32) ** halfLife).to.be.closeTo(0.5, 1e-6)
      }),
    )
    expect(Number(decayQ32(1))).to.be.closeTo(2 ** 31, 1)
  })
})

describe('throughput', () => {
  it('is 0 for a provider that was never measured, however long', () => {
    for (const windows of [0, 1, 1_000]) expect(stateAfter(times(windows, undefined))).to.deep.equal(PRIOR)
  })

  it('is not decided by the first window, good or bad', () => {
    expect(meanAfter([1])).to.be.within(0.65, 0.7)
    expect(meanAfter([0])).to.equal(0)
    expect(meanAfter([0, 1, 1])).to.be.above(0.6)
    expect(meanAfter([0, ...times(8, 1)])).to.be.above(0.85)
  })

  it('reaches 0.9 in four good windows, and 0.99 in 20, at a half-life of 7 and of 8', () => {
    for (const halfLife of [7, 8]) {
      expect(meanAfter(times(3, 1), halfLife)).to.be.below(0.9)
      expect(meanAfter(times(4, 1), halfLife)).to.be.above(0.9)
      expect(meanAfter(times(20, 1), halfLife)).to.be.above(0.99)
    }
  })

  it('tells five dead windows from one restart, wherever they lie in a dozen', () => {
    const dozen = (bad: number, from: number) => times(12, 1).map((_, i) => (i >= from && i < from + bad ? 0 : 1))
    for (let from = 0; from <= 7; from++) {
      for (let restart = 0; restart < 12; restart++) {
        expect(meanAfter(dozen(5, from)) + 0.1).to.be.below(meanAfter(dozen(1, restart)))
      }
    }
  })

  const windows = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), { maxLength: 60 })

  it('lies between 0 and the best ratio, and falls by the decay in an unmeasured window', () => {
    fc.assert(
      fc.property(windows, anyHalfLife, (ratios, halfLife) => {
        const now = meanAfter(ratios, halfLife)
        expect(now).to.be.within(0, Math.max(0, ...ratios.map(ratio => ratio ?? 0)))
        expect(meanAfter([...ratios, undefined], halfLife)).to.be.at.most(now * 2 ** (-1 / halfLife) + 1e-9)
      }),
    )
  })

  it('never rises because a provider with one true ratio hides some of its windows', () => {
    const hidden = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(hidden, fc.integer({ min: 0, max: 100 }), anyHalfLife, (hides, percent, halfLife) => {
        const hiding = hides.map(hide => (hide ? undefined : percent / 100))
        const open = hides.map(() => percent / 100)
        expect(meanAfter(hiding, halfLife)).to.be.at.most(meanAfter(open, halfLife) + 1e-9)
      }),
    )
  })

  it('does not pay an established provider for hiding one bad window, whatever it would have shown', () => {
    const established = times(5 * HALF_LIFE, 1)
    for (const ratio of [0, 0.1, 0.5, 0.9]) {
      expect(meanAfter([...established, undefined])).to.be.at.most(meanAfter([...established, ratio]))
    }
  })

  it('leaves at most 0.6 to a provider that delivers in one window of five and is unmeasured in the others', () => {
    const cycle = [1, undefined, undefined, undefined, undefined]
    for (const halfLife of [7, 8]) expect(meanAfter(times(20, cycle).flat(), halfLife)).to.be.below(0.6)
  })

  it('pays no more after a raised claim than before, leaves the shortfall, and is never worse than a newcomer’s', () => {
    const claim = fc.integer({ min: 1, max: 2 ** 32 - 2 })
    fc.assert(
      fc.property(windows, windows, claim, claim, (ratios, later, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b) + 1]
        const before = stateAfter(ratios)
        const after = atLargerClaim(before, from, to)
        const shortfall = ({ sumQ32, weightQ32 }: Throughput) => weightQ32 - sumQ32
        expect(throughputQ32(after) * BigInt(to) <= (throughputQ32(before) + 1n) * BigInt(from)).to.equal(true)
        const least = [shortfall(before), PRIOR.weightQ32]
        expect(least.some(most => shortfall(after) <= most + 2n)).to.equal(true)
        expect(after.weightQ32 >= PRIOR.weightQ32 && after.weightQ32 <= before.weightQ32).to.equal(true)
        if (shortfall(before) > PRIOR.weightQ32) return
        expect(meanOf(stepped(after, later))).to.be.at.least(meanAfter(later) - 1e-9)
      }),
    )
  })

  it('lets a provider come back from a long absence as fast as a newcomer comes up', () => {
    const absent = times(10 * HALF_LIFE, undefined)
    for (const good of [1, 4, 8]) {
      const back = meanAfter([...times(40, 1), ...absent, ...times(good, 1)])
      expect(back).to.be.closeTo(meanAfter(times(good, 1)), 0.01)
    }
  })
})

describe('score', () => {
  it('is T·U in basis points, within bounds', () => {
    expect(scoreBps(ONE_Q32, 8_986)).to.equal(8_986)
    expect(scoreBps(ONE_Q32 / 2n, 9_000)).to.equal(4_500)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: ONE_Q32 }), fc.integer({ min: 0, max: 10_000 }), (throughput, uptime) => {
        expect(scoreBps(throughput, uptime)).to.be.within(0, uptime)
      }),
    )
  })

  it('has its tier from uptime alone', () => {
    expect([0, 8_999, 9_000, 9_499, 9_500, 9_899, 9_900, 10_000].map(tierOf)).to.deep.equal([0, 0, 1, 1, 2, 2, 3, 3])
  })
})
