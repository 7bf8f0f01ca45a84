import { expect } from 'chai'
import fc from 'fast-check'
import { OUTCOME } from '../../../../proto/vote.js'
import { anyTicks } from '../../test/arbitraries.js'
import { encodedVote, vote } from '../../test/samples.js'
import { bitCount } from '../bit-count.js'
import { integerSqrt, TICK_Q16, wilsonLowerBps, windowTicks } from '../uptime.js'

/** The same bound in floating point, from the textbook's form. */
function wilsonLower(up: number, total: number): number {
  const z = 1.645
  const share = up / total
  const centre = share + z ** 2 / (2 * total)
  const spread = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2))
  return (centre - spread) / (1 + z ** 2 / total)
}

/** Votes that say nothing else. */
const ticksOf = (ticksSent: bigint, ticksAnswered: bigint) =>
  encodedVote(vote(1, OUTCOME.noData, 0, { ticksSent, ticksAnswered }))

const counts = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, share]) => ({ total, up: Math.floor(total * share) }))

describe('uptime', () => {
  it('counts a tick in which 2f+1 sent, as up if f+1 got their nonce back', () => {
    const all = 0b111111n
    const votes = [ticksOf(all, 0b000011n), ticksOf(all, 0b000110n), ticksOf(0b000111n, 0b000100n)]
    // n = 5, f = 1: ticks 0 to 2 were sent by three; 1 and 2 came back to two.
    expect(windowTicks(votes, 5, 24)).to.deep.equal({ up: 2, total: 3 })
    expect(windowTicks(votes, 5, 2)).to.deep.equal({ up: 1, total: 2 })
    expect(windowTicks([], 5, 24)).to.deep.equal({ up: 0, total: 0 })
  })

  it('counts no answer to a tick that was not sent', () => {
    expect(windowTicks([ticksOf(0b01n, 0b11n)], 1, 2)).to.deep.equal({ up: 1, total: 1 })
  })

  it('counts like a count tick by tick, for maps of any length', () => {
    const all = (1n << 256n) - 1n
    const map = fc.oneof(fc.bigInt({ min: 0n, max: all }), fc.constant(all), fc.constant(0n))
    const drawn = fc.record({
      maps: fc.array(fc.tuple(map, map), { maxLength: 70 }),
      assigned: fc.integer({ min: 1, max: 70 }),
      ticks: fc.integer({ min: 0, max: 256 }),
    })
    fc.assert(
      fc.property(drawn, ({ maps, assigned, ticks }) => {
        const faults = Math.floor((assigned - 1) / 3)
        const has = (bits: bigint, tick: number) => ((bits >> BigInt(tick)) & 1n) === 1n
        let [up, total] = [0, 0]
        for (let tick = 0; tick < ticks; tick++) {
          const sent = maps.filter(([own]) => has(own, tick))
          if (sent.length <= 2 * faults) continue
          total++
          if (sent.filter(([, answered]) => has(answered, tick)).length > faults) up++
        }
        const votes = maps.map(([sent, answered]) => ticksOf(sent, answered))
        expect(windowTicks(votes, assigned, ticks)).to.deep.equal({ up, total })
      }),
    )
  })

  it('cannot be moved by f of n, neither up nor down', () => {
    const drawn = fc.integer({ min: 0, max: 4 }).chain(faults =>
      fc.record({
        n: fc.constant(3 * faults + 1),
        truth: anyTicks,
        lies: fc.array(fc.tuple(anyTicks, anyTicks), {
          minLength: faults,
          maxLength: faults,
        }),
      }),
    )
    fc.assert(
      fc.property(drawn, ({ n, truth, lies }) => {
        const honest = Array.from({ length: n - lies.length }, () => ticksOf((1n << 24n) - 1n, truth))
        const up = bitCount(truth)
        expect(windowTicks([...lies.map(lie => ticksOf(...lie)), ...honest], n, 24)).to.deep.equal({ up, total: 24 })
      }),
    )
  })

  it('is the Wilson lower bound, rounded down', () => {
    fc.assert(
      fc.property(counts, ({ up, total }) => {
        const bps = wilsonLowerBps(BigInt(up) * TICK_Q16, BigInt(total) * TICK_Q16)
        const expected = Math.max(0, 10_000 * wilsonLower(up, total))
        expect(bps).to.be.within(Math.floor(expected - 1e-3), Math.floor(expected + 1e-3))
      }),
    )
  })

  it('has the known values', () => {
    const bps = (up: number, total: number) => wilsonLowerBps(BigInt(up) * TICK_Q16, BigInt(total) * TICK_Q16)
    expect(bps(0, 0)).to.equal(0)
    expect(bps(0, 24)).to.equal(0)
    expect(bps(24, 24)).to.equal(8_986)
    expect(bps(1_000_000, 1_000_000)).to.equal(9_999)
  })

  it('never exceeds the share itself, and rises with every tick that is up', () => {
    fc.assert(
      fc.property(counts, ({ up, total }) => {
        const bps = wilsonLowerBps(BigInt(up) * TICK_Q16, BigInt(total) * TICK_Q16)
        expect(bps).to.be.within(0, Math.floor((10_000 * up) / total))
        expect(wilsonLowerBps(BigInt(up + 1) * TICK_Q16, BigInt(total + 1) * TICK_Q16)).to.be.at.least(bps)
      }),
    )
  })

  it('has the integer square root', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), value => {
        const root = integerSqrt(value)
        expect(root * root <= value && value < (root + 1n) * (root + 1n)).to.equal(true)
      }),
    )
  })
})
