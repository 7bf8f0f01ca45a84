import { expect } from 'chai'
import fc from 'fast-check'
import { CLAIM_KBPS } from '../../test/samples.js'
import { decayQ32, ONE_Q32 } from '../decay.js'
import { scoreBps, tierOf } from '../score.js'
import { NEVER_MEASURED, nextThroughputQ32 } from '../throughput.js'

const HALF_LIFE = 3 * 86_400
const seconds = fc.integer({ min: 1, max: 10 * HALF_LIFE })
const rate = fc.integer({ min: 0, max: 2 * CLAIM_KBPS })
const share = fc.bigInt({ min: 1n, max: ONE_Q32 })

describe('throughput', () => {
  it('decays by half in a half-life', () => {
    expect(decayQ32(0, HALF_LIFE)).to.equal(ONE_Q32)
    expect(decayQ32(HALF_LIFE, HALF_LIFE)).to.equal(ONE_Q32 / 2n)
    expect(decayQ32(5 * HALF_LIFE, HALF_LIFE)).to.equal(ONE_Q32 / 32n)
    expect(decayQ32(100 * HALF_LIFE, HALF_LIFE)).to.equal(0n)
  })

  it('decays as 2^(−t/h) does, to the last bits', () => {
    fc.assert(
      fc.property(seconds, fc.integer({ min: 1, max: 2 * HALF_LIFE }), (elapsed, halfLife) => {
        const exact = 2 ** (-elapsed / halfLife) * 2 ** 32
        expect(Number(decayQ32(elapsed, halfLife))).to.be.closeTo(exact, 2)
      }),
    )
  })

  it('decays over one long span as over two short ones', () => {
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const parts = (decayQ32(a, HALF_LIFE) * decayQ32(b, HALF_LIFE)) >> 32n
        expect(Number(decayQ32(a + b, HALF_LIFE) - parts)).to.be.within(-3, 3)
      }),
    )
  })

  it('is set by the first measured window', () => {
    const factor = decayQ32(12, HALF_LIFE)
    expect(nextThroughputQ32(NEVER_MEASURED, factor, CLAIM_KBPS / 2, CLAIM_KBPS)).to.equal(ONE_Q32 / 2n)
    expect(nextThroughputQ32(NEVER_MEASURED, factor, undefined, CLAIM_KBPS)).to.equal(NEVER_MEASURED)
  })

  it('distinguishes a provider measured at zero from one that was never measured', () => {
    const factor = decayQ32(12, HALF_LIFE)
    const zero = nextThroughputQ32(NEVER_MEASURED, factor, 0, CLAIM_KBPS)
    expect(zero > 0n).to.equal(true)
    expect(nextThroughputQ32(zero, factor, CLAIM_KBPS, CLAIM_KBPS) < ONE_Q32 / 1_000n).to.equal(true)
  })

  it('is the weighted mean of old and new, by elapsed epochs', () => {
    fc.assert(
      fc.property(share, seconds, rate, (previous, elapsed, rateKbps) => {
        const weight = 2 ** (-elapsed / HALF_LIFE)
        const exact = Number(previous) * weight + 2 ** 32 * Math.min(1, rateKbps / CLAIM_KBPS) * (1 - weight)
        const next = nextThroughputQ32(previous, decayQ32(elapsed, HALF_LIFE), rateKbps, CLAIM_KBPS)
        expect(Number(next)).to.be.closeTo(exact, 4)
      }),
    )
  })

  it('only decays while unmeasured, and stays within bounds', () => {
    fc.assert(
      fc.property(share, seconds, fc.option(rate, { nil: undefined }), (previous, elapsed, rateKbps) => {
        const next = nextThroughputQ32(previous, decayQ32(elapsed, HALF_LIFE), rateKbps, CLAIM_KBPS)
        expect(next >= 1n && next <= ONE_Q32).to.equal(true)
        if (rateKbps === undefined) expect(next <= previous).to.equal(true)
      }),
    )
  })
})

describe('score', () => {
  it('is T·U in basis points, within bounds', () => {
    expect(scoreBps(ONE_Q32, 8_986)).to.equal(8_986)
    expect(scoreBps(ONE_Q32 / 2n, 9_000)).to.equal(4_500)
    fc.assert(
      fc.property(share, fc.integer({ min: 0, max: 10_000 }), (throughput, uptime) => {
        expect(scoreBps(throughput, uptime)).to.be.within(0, uptime)
      }),
    )
  })

  it('has its tier from uptime alone', () => {
    expect([0, 8_999, 9_000, 9_499, 9_500, 9_899, 9_900, 10_000].map(tierOf)).to.deep.equal([0, 0, 1, 1, 2, 2, 3, 3])
  })
})
