import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { account } from '../../test/samples.js'
import { isSoak, sessionOffsetMs, tickOffsetMs, ticksOf } from '../schedule.js'

const proof = fc.string().map(keccakText)

describe('schedule', () => {
  it('stays within slot and tick', () => {
    fc.assert(
      fc.property(proof, fc.integer({ min: 1, max: 5_000 }), fc.nat(255), (seed, range, tick) => {
        expect(sessionOffsetMs(seed, { offsetMs: range })).to.be.within(0, range - 1)
        expect(tickOffsetMs(seed, tick, { tickMs: range })).to.be.within(0, range - 1)
      }),
    )
    expect(sessionOffsetMs(keccakText('a'), { offsetMs: 0 })).to.equal(0)
  })

  it('differs from tick to tick and from receiver to receiver', () => {
    const offsets = (name: string) =>
      Array.from({ length: 24 }, (_, tick) => tickOffsetMs(keccakText(name), tick, { tickMs: 1_000_000 }))
    expect(new Set([...offsets('a'), ...offsets('b')]).size).to.equal(48)
  })

  it('has the whole ticks of an epoch, at most the 256 that a vote can hold', () => {
    expect(ticksOf({ epochSeconds: 12, tickMs: 500 })).to.equal(24)
    expect(ticksOf({ epochSeconds: 10, tickMs: 3_000 })).to.equal(3)
    expect(ticksOf({ epochSeconds: 3_600, tickMs: 1_000 })).to.equal(256)
  })

  it('makes the share of (provider, epoch) pairs soaks that the parameters set', () => {
    const soaks = (soakShareBps: number) =>
      Array.from({ length: 4_000 }, (_, i) =>
        isSoak(keccakText(`beacon ${i >> 2}`), account(`provider ${i & 3}`), { soakShareBps }),
      ).filter(Boolean).length
    expect(soaks(0)).to.equal(0)
    expect(soaks(500)).to.be.within(140, 260)
    expect(soaks(10_000)).to.equal(4_000)
  })
})
