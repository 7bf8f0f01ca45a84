/** Stages without a queue: what they lose, delay, copy and reorder. */
import { expect } from 'chai'
import fc from 'fast-check'
import { burstyLoss, burstyLossShare, delay, duplicating, loss, policer, reordering } from '../filters.js'
import { seededRandom } from '../random.js'
import { chain } from '../stage.js'
import { rateKbps, stream } from './support.js'

const MBPS_10 = { kbps: 10_000, ms: 60_000 } as const
const PACKETS = Math.ceil((MBPS_10.ms * MBPS_10.kbps) / (1228 * 8))
const anySeed = fc.integer({ min: 0, max: 2 ** 31 })

describe('lines without a queue', () => {
  it('draw the same numbers from the same seed, evenly', () => {
    const [one, same, other] = [seededRandom(7), seededRandom(7), seededRandom(8)]
    const numbers = Array.from({ length: 10_000 }, one)
    expect(numbers.slice(0, 100)).to.deep.equal(Array.from({ length: 100 }, same))
    expect(numbers.slice(0, 100)).not.to.deep.equal(Array.from({ length: 100 }, other))
    expect(numbers.reduce((sum, x) => sum + x, 0) / numbers.length).to.be.closeTo(0.5, 0.01)
    expect(numbers.every(x => x >= 0 && x < 1)).to.equal(true)
  })

  it('delay every packet alike, and lose none', () => {
    const left = stream(delay(750), { kbps: 10_000, ms: 1000 })
    expect(left.map(({ number }) => number)).to.deep.equal(left.map((_, i) => i))
    expect(left.every(({ sentMs, atMs }) => Math.abs(atMs - sentMs - 750) < 1e-9)).to.equal(true)
  })

  it('lose the given share, in bursts or not', () => {
    expect(stream(loss(0.2, seededRandom(1)), MBPS_10).length / PACKETS).to.be.closeTo(0.8, 0.01)
    for (const options of [
      { goodMs: 1000, badMs: 50, lossShare: 0.5 },
      { goodMs: 400, badMs: 100, lossShare: 0.9 },
    ]) {
      const left = stream(burstyLoss(options, seededRandom(2)), { kbps: 10_000, ms: 300_000 })
      expect(1 - left.length / (5 * PACKETS)).to.be.closeTo(burstyLossShare(options), 0.02)
    }
  })

  it('lose in bursts: the packet after a lost one is lost far more often than any packet', () => {
    const left = new Set(
      stream(burstyLoss({ goodMs: 400, badMs: 100, lossShare: 0.9 }, seededRandom(3)), MBPS_10).map(
        ({ number }) => number,
      ),
    )
    const lost = Array.from({ length: PACKETS }, (_, n) => n).filter(n => !left.has(n))
    const again = lost.filter(n => n + 1 < PACKETS && !left.has(n + 1))
    expect(again.length / lost.length).to.be.greaterThan(0.8)
  })

  it('police: no span gets more than the burst and the rate allow, and a long one gets the rate', () => {
    const [kbps, burst] = [7000, 32_000]
    const left = stream(policer(kbps, burst), { kbps: 20_000, ms: 20_000 })
    fc.assert(
      fc.property(fc.nat(19_000), fc.integer({ min: 1, max: 1000 }), (fromMs, ms) => {
        expect(rateKbps(left, fromMs, fromMs + ms) * ms).to.be.at.most(8 * burst + kbps * ms + 1)
      }),
    )
    expect(rateKbps(left, 5000, 20_000)).to.be.closeTo(kbps, 0.01 * kbps)
    expect(rateKbps(left, 0, 10)).to.be.greaterThan(2 * kbps)
  })

  it('reorder and copy, but never lose or invent', () => {
    fc.assert(
      fc.property(anySeed, seed => {
        const left = stream(reordering(0.1, 30, seededRandom(seed)), { kbps: 10_000, ms: 2000 })
        expect([...left].sort((a, b) => a.number - b.number).map(({ number }) => number)).to.deep.equal(
          left.map((_, i) => i),
        )
        expect(left.every(({ atMs, sentMs }) => atMs >= sentMs && atMs <= sentMs + 30)).to.equal(true)
        expect(left.some(({ number }, i) => number !== i)).to.equal(true)
        expect(left.every(({ atMs }, i) => i === 0 || atMs >= left[i - 1]!.atMs)).to.equal(true)
      }),
      { numRuns: 20 },
    )
    const copies = stream(duplicating(0.05, seededRandom(4)), MBPS_10)
    expect(copies.length / PACKETS).to.be.closeTo(1.05, 0.01)
    expect(new Set(copies.map(({ number }) => number)).size).to.equal(PACKETS)
  })

  it('pass all at once where a chain has no stage', () => {
    const left = stream(chain([]), { kbps: 10_000, ms: 100 })
    expect(left.every(({ atMs, sentMs }) => atMs === sentMs)).to.equal(true)
    expect(left).to.have.length(Math.ceil((100 * 10_000) / (1228 * 8)))
  })
})
