import { expect } from 'chai'
import fc from 'fast-check'
import type { Transits } from '../../wire/verified.js'
import { commonFactor, hoardingFactor } from '../hoarding.js'

/** Datagrams sent every half millisecond for `forMs`, each arriving after a delay that may change with time. */
function stream(delayMs: (sentMs: number) => number, forMs = 1400): Transits {
  const sentMs = Array.from({ length: forMs * 2 }, (_, i) => i / 2)
  return { sentMs, arrivedMs: sentMs.map(ms => ms + delayMs(ms)) }
}

const SPAN = { fromMs: 350, toMs: 1000 }

describe('hoarding', () => {
  it('counts data at the pace at which it was sent', () => {
    const savedUp = stream(sentMs => Math.max(0, 600 - sentMs / 2))
    expect(hoardingFactor(savedUp, SPAN)).to.be.within(0.48, 0.52)
  })

  it('is not seen in a constant delay, in jitter, or in a queue that fills', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 97, maxLength: 97 }),
        (constant, filling, jitter) => {
          const delay = (sentMs: number) => constant + filling * sentMs + jitter[(sentMs * 2) % jitter.length]!
          expect(hoardingFactor(stream(delay), SPAN)).to.equal(1)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is not seen in a queue that drains behind a link that was busy all along', () => {
    // Until the queue holds 250 ms of data, every other datagram finds room in it. Then a faster relay drains the
    // queue.
    const sentMs = Array.from({ length: 2400 }, (_, i) => i / 2)
    const arrivedMs = sentMs.map(ms => (ms < 500 ? ms * 1.5 : 750 + (ms - 500) * 0.7))
    const picked = sentMs.map((_, i) => i).filter(i => sentMs[i]! < 500 || i % 15 < 7)
    const drained = { sentMs: picked.map(i => sentMs[i]!), arrivedMs: picked.map(i => arrivedMs[i]!) }
    expect(hoardingFactor(drained, { fromMs: 800, toMs: 1150 })).to.equal(1)
  })

  it('is not excused by data that arrived before the hoarding began', () => {
    const bursts = stream(sentMs => (sentMs < 300 ? 0 : Math.max(0, 600 - sentMs / 2)))
    expect(hoardingFactor(bursts, { fromMs: 650, toMs: 1000 })).to.be.below(0.8)
  })

  it('is not seen in datagrams that overtake one another', () => {
    const shuffled = stream(sentMs => (sentMs * 7919) % 40)
    expect(hoardingFactor(shuffled, SPAN)).to.equal(1)
  })

  it('is seen if the beginning was dropped, but not in a standing delay of seconds', () => {
    // Fresh data at the rate at which it was sent, after silence: credit that was saved up meanwhile.
    const fresh = stream(() => 1, 3000)
    const from = fresh.sentMs.findIndex(ms => ms >= 2000)
    const late = { sentMs: fresh.sentMs.slice(from), arrivedMs: fresh.arrivedMs.slice(from) }
    expect(hoardingFactor(late, { fromMs: 2200, toMs: 2900 })).to.be.within(0.28, 0.35)
    const standing = stream(() => 2000, 3000)
    expect(hoardingFactor(standing, { fromMs: 2200, toMs: 2900 })).to.equal(1)
  })

  it('is not seen in too little data', () => {
    expect(hoardingFactor({ sentMs: [], arrivedMs: [] }, SPAN)).to.equal(1)
    expect(
      hoardingFactor(
        stream(() => 0, 20),
        { fromMs: 0, toMs: 20 },
      ),
    ).to.equal(1)
  })

  it('follows the sender in the middle', () => {
    expect(commonFactor([1, 0.2, 1])).to.equal(1)
    expect(commonFactor([0.6, 1, 0.6])).to.equal(0.6)
    expect(commonFactor([0.6, 1])).to.equal(0.6)
    expect(commonFactor([])).to.equal(1)
  })
})
