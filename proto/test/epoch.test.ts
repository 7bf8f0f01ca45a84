import { expect } from 'chai'
import fc from 'fast-check'
import { epochAt, epochEndMs, epochStartMs, eraOf, firstEpochOf } from '../epoch.js'
import { faultsTolerated, hasHonest, isSupermajority } from '../quorum.js'

const clock = fc.record({
  genesisMs: fc.nat(2 ** 41),
  epochMs: fc.integer({ min: 1, max: 3_600_000 }),
  eraEpochs: fc.integer({ min: 1, max: 100 }),
})

describe('epochs and eras', () => {
  it('start with epoch 1 and era 1 at genesis', () => {
    const given = { genesisMs: 5_000, epochMs: 1_000, eraEpochs: 5 }
    expect([4_999, 5_000, 5_999, 6_000].map(now => epochAt(given, now))).to.deep.equal([0, 1, 1, 2])
    expect([1, 5, 6, 10, 11].map(epoch => eraOf(given, epoch))).to.deep.equal([1, 1, 2, 2, 3])
    expect([1, 2, 3].map(era => firstEpochOf(given, era))).to.deep.equal([1, 6, 11])
  })

  it('follow one another without gap or overlap', () => {
    fc.assert(
      fc.property(clock, fc.integer({ min: 1, max: 1_000_000 }), (given, epoch) => {
        expect(epochAt(given, epochStartMs(given, epoch))).to.equal(epoch)
        expect(epochAt(given, epochEndMs(given, epoch) - 1)).to.equal(epoch)
        expect(epochEndMs(given, epoch)).to.equal(epochStartMs(given, epoch + 1))
        const era = eraOf(given, epoch)
        expect(epoch).to.be.within(firstEpochOf(given, era), firstEpochOf(given, era + 1) - 1)
      }),
    )
  })
})

describe('quorums', () => {
  it('have the known values', () => {
    expect([1, 3, 4, 5, 6, 7, 10].map(faultsTolerated)).to.deep.equal([0, 0, 1, 1, 1, 2, 3])
    expect([3, 4].map(count => isSupermajority(count, 5))).to.deep.equal([false, true])
    expect([4, 5].map(count => isSupermajority(count, 6))).to.deep.equal([false, true])
    expect([2, 3].map(count => hasHonest(count, 6))).to.deep.equal([false, true])
  })

  it('overlap: two supermajorities share an honest member, and the honest members alone are a supermajority', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), n => {
        const faults = faultsTolerated(n)
        const least = Array.from({ length: n + 1 }, (_, count) => count).find(count => isSupermajority(count, n))!
        expect(2 * least - n).to.be.greaterThan(faults)
        expect(isSupermajority(n - faults, n)).to.equal(true)
        expect(hasHonest(faults, n)).to.equal(false)
        expect(hasHonest(2 * least - n, n)).to.equal(true)
      }),
    )
  })

  it('are monotone in the number of members', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 200 }), (count, n) => {
        if (isSupermajority(count, n)) expect(isSupermajority(count + 1, n)).to.equal(true)
        if (hasHonest(count, n)) expect(hasHonest(count + 1, n)).to.equal(true)
      }),
    )
  })
})
