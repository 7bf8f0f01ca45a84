import { expect } from 'chai'
import fc from 'fast-check'
import { STATUS } from '../../../../proto/leaf.js'
import { rateBelowThreshold } from '../../test/arbitraries.js'
import { CLAIM_KBPS, PARAMS } from '../../test/samples.js'
import { type BreachWindow, type HeldBreaches, NO_BREACH, nextBreachState, penaltyBps } from '../breach.js'
import { isCommonFailure, type MeasuredProvider } from '../common-failure.js'

const breachAt = (rateKbps: number, claimKbps = CLAIM_KBPS): BreachWindow => ({
  ...{ measured: { rateKbps, claimKbps }, breach: true },
})
const kept: BreachWindow = { measured: { rateKbps: CLAIM_KBPS, claimKbps: CLAIM_KBPS }, breach: false }
const unmeasured: BreachWindow = { measured: undefined, breach: false }
/** Below the threshold by its soak limit, or in a common failure. */
const low: BreachWindow = { ...breachAt(CLAIM_KBPS / 10), breach: false }

function penaltiesOf(windows: readonly BreachWindow[]): number[] {
  let held: HeldBreaches = NO_BREACH
  return windows.map(window => {
    const next = nextBreachState(held, window, PARAMS)
    held = next
    return next.penaltyBps
  })
}

/** Penalties over a run of windows, each either a breach at a tenth of the claim or none. */
const penalties = (windows: readonly boolean[]): number[] =>
  penaltiesOf(windows.map(breach => (breach ? breachAt(CLAIM_KBPS / 10) : kept)))

describe('breach', () => {
  it('is penalised at the third in five windows, and the penalty clears the breaches', () => {
    expect(penalties([true, true, true, true, true, true])).to.deep.equal([0, 0, 866, 0, 0, 866])
    expect(penalties([true, false, true, false, true])).to.deep.equal([0, 0, 0, 0, 866])
    expect(penalties([true, true, false, false, false, true])).to.deep.equal([0, 0, 0, 0, 0, 0])
  })

  it('is no older after a window that shows nothing, however many there are', () => {
    for (const nothing of [unmeasured, low]) {
      const pause = new Array<BreachWindow>(20).fill(nothing)
      const breach = breachAt(0)
      expect(penaltiesOf([breach, ...pause, breach, ...pause, breach]).at(-1)).to.equal(1_000)
      expect(penaltiesOf([breach, breach, ...pause, kept, kept, kept, ...pause, breach]).at(-1)).to.equal(0)
    }
  })

  it('costs what the worst one costs, until no breach is held', () => {
    const tiny = breachAt(18_749)
    expect(penaltiesOf([breachAt(0), tiny, tiny])).to.deep.equal([0, 0, 1_000])
    expect(penaltiesOf([tiny, breachAt(CLAIM_KBPS / 10), tiny, tiny, tiny, tiny])).to.deep.equal([0, 0, 866, 0, 0, 1])
    const forgotten = [breachAt(0), ...new Array<BreachWindow>(5).fill(kept), tiny, tiny, tiny]
    expect(penaltiesOf(forgotten).at(-1)).to.equal(1)
  })

  it('is penalised in proportion to the shortfall, between a basis point and the maximum', () => {
    expect(penaltyBps(0, CLAIM_KBPS, PARAMS)).to.equal(1_000)
    expect(penaltyBps(CLAIM_KBPS / 10, CLAIM_KBPS, PARAMS)).to.equal(866)
    expect(penaltyBps(18_749, CLAIM_KBPS, PARAMS)).to.equal(1)
    expect(penaltyBps(18_750, CLAIM_KBPS, PARAMS)).to.equal(0)
    expect(penaltyBps(CLAIM_KBPS, CLAIM_KBPS, PARAMS)).to.equal(0)
  })

  it('never costs less for a lower rate', () => {
    fc.assert(
      fc.property(rateBelowThreshold, rateBelowThreshold, (a, b) => {
        const [low, high] = [
          penaltyBps(Math.min(a, b), CLAIM_KBPS, PARAMS),
          penaltyBps(Math.max(a, b), CLAIM_KBPS, PARAMS),
        ]
        expect(low).to.be.at.least(high)
        expect(high).to.be.at.least(1)
        expect(low).to.be.at.most(PARAMS.maxPenaltyBps)
      }),
    )
  })

  it('never leads to more penalties than a third of the breaches', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), windows => {
        const breaches = windows.filter(Boolean).length
        expect(penalties(windows).filter(one => one > 0).length).to.be.at.most(Math.floor(breaches / 3))
      }),
    )
  })
})

describe('common failure', () => {
  const fine = { status: STATUS.measured, rateKbps: CLAIM_KBPS, claimKbps: CLAIM_KBPS }
  const low = { ...fine, rateKbps: CLAIM_KBPS / 10 }
  const provider = (breach: boolean, over: Partial<MeasuredProvider> = {}): MeasuredProvider => ({
    stake: 100n,
    tally: { status: STATUS.measured, breach },
    previous: fine,
    ...over,
  })
  const network = (fallen: readonly MeasuredProvider[], total: number): MeasuredProvider[] => [
    ...fallen,
    ...Array.from({ length: total - fallen.length }, () => provider(false)),
  ]
  const many = (count: number, one: MeasuredProvider) => Array.from({ length: count }, () => one)

  it('is more than a fifth by stake of at least twenty, newly below the slashing threshold', () => {
    expect(isCommonFailure(network(many(5, provider(true)), 20), PARAMS)).to.equal(true)
    expect(isCommonFailure(network(many(4, provider(true)), 20), PARAMS)).to.equal(false)
    expect(isCommonFailure(network(many(5, provider(true)), 19), PARAMS)).to.equal(false)
  })

  it('weighs by stake', () => {
    expect(isCommonFailure(network([provider(true, { stake: 10_000n })], 20), PARAMS)).to.equal(true)
    expect(isCommonFailure(network(many(9, provider(true, { stake: 1n })), 20), PARAMS)).to.equal(false)
  })

  it('leaves out a provider that was below the slashing threshold, was unmeasured, or is new', () => {
    for (const previous of [
      low,
      { ...fine, status: STATUS.unmeasured },
      { ...low, status: STATUS.unserving },
      undefined,
    ]) {
      expect(isCommonFailure(network(many(10, provider(true, { previous })), 20), PARAMS)).to.equal(false)
    }
  })

  it('counts measured providers only', () => {
    const unmeasured = provider(false, { tally: { status: STATUS.unmeasured, breach: false } })
    expect(isCommonFailure([...network(many(5, provider(true)), 19), unmeasured], PARAMS)).to.equal(false)
  })
})
