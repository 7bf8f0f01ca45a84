import { expect } from 'chai'
import fc from 'fast-check'
import { ClockSkew } from '../clock-skew.js'

const START_MS = 1_800_000_000_000
const POLL_MS = 250

/**
 * A node that looks every 250 ms, by its own clock, at a chain with a block a second.
 * @param offMs how far the node's clock is ahead. @param wayMs how long a block takes to the node
 */
function watch(offMs: number, wayMs = (_block: number) => 100): ClockSkew {
  const skew = new ClockSkew()
  for (let now = START_MS + 5_400; now < START_MS + 30_000; now += POLL_MS) {
    let block = Math.floor(now / 1000)
    while (block * 1000 + 400 + wayMs(block) > now) block-- // made 400 ms after its whole second
    skew.look(block * 1000, now + offMs)
  }
  return skew
}

describe('the skew of a clock', () => {
  it('is none as long as blocks arrive when they should', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 7 }),
        (off, ways) => {
          expect(watch(off, block => ways[block % ways.length]!).sentence).to.equal(undefined)
        },
      ),
    )
  })

  it('of two and a half seconds is told, and which way', () => {
    expect(watch(-2_500).sentence).to.match(/is at least 1\.[5-9] s behind the chain's.*NTP/)
    expect(watch(2_500).sentence).to.match(/look at least 3\.\d s old: if the chain node is not late, .* is ahead.*NTP/)
    expect(watch(3_600_000).sentence).to.match(/360\d\.\d s old/)
  })

  it('is unknown before enough blocks came, and to a node that was asleep while they came', () => {
    const skew = new ClockSkew()
    for (let i = 0; i < 20; i++) skew.look(START_MS + i * 60_000, START_MS + i * 60_000 + 30_000)
    expect([skew.leastAgeMs, skew.sentence]).to.deep.equal([undefined, undefined])
    for (let i = 0; i < 7; i++) skew.look(START_MS + 2e6 + i * 1000, START_MS + i)
    expect(skew.leastAgeMs).to.equal(undefined)
  })

  it('is none where the looks are so far apart that every block is old at the first one', () => {
    const skew = new ClockSkew()
    const [lookMs, blockMs] = [3000, 12_000]
    for (let look = 1; look < 80; look++) {
      const now = START_MS + look * lookMs - 1 // a block comes just after every fourth look
      skew.look(now - (now % blockMs), now)
    }
    expect(skew.leastAgeMs).to.equal(lookMs - 1 - (lookMs - 1000))
    expect(skew.sentence).to.equal(undefined)
  })

  it('goes once the clock is set', () => {
    const skew = new ClockSkew()
    const looks = (from: number, offMs: number) => {
      for (let i = from; i < from + 12; i++) skew.look(START_MS + i * 1000, START_MS + i * 1000 + 300 + offMs)
    }
    looks(0, -5_000)
    expect(skew.sentence).to.include('behind')
    looks(12, 0)
    expect(skew.sentence).to.equal(undefined)
  })
})
