/** Whom a client's legs are drawn from, and how often each is. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { type Candidate, drawProvider, type Taken, unsuitable, type Wishes, whyLeave } from '../candidates.js'
import { regionOf } from '../region.js'

const accountAt = (i: number): Hex => `0x${(i + 1).toString(16).padStart(40, '0')}`
const one = (change: Partial<Candidate> = {}): Candidate => ({
  ...{ account: accountAt(0), hosts: ['198.51.100.1'], price: 100n, scoreBps: 9000, tier: 2, region: ZERO_HASH },
  ...{ lanes: undefined, penalties: 1 },
  ...change,
})
const ANY: Wishes = { maxPrice: 1000n, minScoreBps: 0, minTier: 0, regions: undefined, lane: undefined }
const NOBODY: Taken = { accounts: new Set(), hosts: [] }
const DE = regionOf('DE')!

describe('candidates for a leg', () => {
  it('do not suit for one reason each', () => {
    expect(unsuitable(one(), ANY)).to.equal(undefined)
    expect(unsuitable(one({ price: 1001n }), ANY)).to.equal('dear')
    expect(unsuitable(one({ scoreBps: 4999 }), { ...ANY, minScoreBps: 5000 })).to.equal('score')
    expect(unsuitable(one({ tier: 1 }), { ...ANY, minTier: 2 })).to.equal('tier')
    expect(unsuitable(one(), { ...ANY, regions: [DE] })).to.equal('region')
    expect(unsuitable(one({ region: DE }), { ...ANY, regions: [DE, regionOf('NL')!] })).to.equal(undefined)
  })

  it('suit for a lane if they offer its rate at its price', () => {
    const wishes = { ...ANY, lane: { kbps: 5000, maxPrice: 7n } }
    expect(unsuitable(one(), wishes)).to.equal('lane')
    expect(unsuitable(one({ lanes: { kbps: 4999, price: 7n } }), wishes)).to.equal('lane')
    expect(unsuitable(one({ lanes: { kbps: 5000, price: 8n } }), wishes)).to.equal('lane')
    expect(unsuitable(one({ lanes: { kbps: 5000, price: 7n } }), wishes)).to.equal(undefined)
  })

  it('that carry a leg are left for a penalty, a lower score, a dearer offer or none, but not for a full lane', () => {
    const wishes = { ...ANY, minScoreBps: 5000, lane: { kbps: 5000, maxPrice: 7n } }
    expect(whyLeave(one(), one(), wishes)).to.equal(undefined)
    expect(whyLeave(one(), undefined, wishes)).to.equal('withdrawn')
    expect(whyLeave(one(), one({ penalties: 2 }), wishes)).to.equal('slashed')
    expect(whyLeave(one(), one({ scoreBps: 4999 }), wishes)).to.equal('score')
    expect(whyLeave(one(), one({ price: 1001n }), wishes)).to.equal('dear')
    expect(whyLeave(one({ region: DE }), one({ region: DE }), { ...wishes, regions: [regionOf('NL')!] })).to.equal(
      'region',
    )
  })

  it('without a report suit who has no floor, and are told apart from bad ones', () => {
    const unknown = one({ scoreBps: undefined, tier: undefined })
    expect(unsuitable(unknown, ANY)).to.equal(undefined)
    expect(unsuitable(unknown, { ...ANY, minScoreBps: 1 })).to.equal('unscored')
    expect(unsuitable(unknown, { ...ANY, minTier: 1 })).to.equal('unscored')
  })

  it('are drawn by score over price', () => {
    const candidates = [
      one({ account: accountAt(0), scoreBps: 9000, price: 100n }),
      one({ account: accountAt(1), scoreBps: 9000, price: 300n }),
      one({ account: accountAt(2), scoreBps: 1000, price: 100n }),
      one({ account: accountAt(3), scoreBps: undefined, tier: undefined, price: 100n }),
      one({ account: accountAt(4), scoreBps: 10_000, price: 2000n }),
    ]
    const drawn = [0, 0, 0, 0, 0]
    const draws = 1400
    for (let i = 0; i < draws; i++) {
      const found = drawProvider(candidates, ANY, NOBODY, i / draws)!
      drawn[candidates.indexOf(found)]!++
    }
    // Weights of 9, 3, 1 and 1; the last one is too dear.
    expect(drawn).to.deep.equal([900, 300, 100, 100, 0])
  })

  /** In how much of all draws it is drawn. */
  const shareOf = (wanted: Candidate, all: readonly Candidate[], wishes = ANY) => {
    const draws = 2000
    const drawn = Array.from({ length: draws }, (_, i) => drawProvider(all, wishes, NOBODY, (i + 0.5) / draws))
    return drawn.filter(found => found === wanted).length / draws
  }
  const hostAt = (i: number) => [`10.${i >> 8}.${i % 256}.1`]

  it('attack: an offer of 1 wei takes every draw', () => {
    const honest = Array.from({ length: 20 }, (_, i) =>
      one({ account: accountAt(i), scoreBps: 9300, price: 10n ** 16n }),
    )
    const wishes = { ...ANY, maxPrice: 10n ** 17n }
    for (const [scoreBps, most] of [
      [undefined, 0.022],
      [0, 0.001],
      [9300, 0.17],
    ] as const) {
      const cheap = one({ account: accountAt(20), scoreBps, price: 1n })
      expect(shareOf(cheap, [...honest, cheap], wishes), `score ${scoreBps}`).to.be.at.most(most)
    }
  })

  it('attack: whatever a provider asks, its score bounds its share', () => {
    const price = fc.bigInt(0n, 2n ** 96n - 1n)
    const scoreBps = fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined })
    const others = fc.array(fc.record({ price, scoreBps }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(others, fc.record({ price, scoreBps }), (terms, own) => {
        const all = [own, ...terms].map((term, i) => one({ ...term, account: accountAt(i), hosts: hostAt(i) }))
        const [score, ...rest] = all.map(({ scoreBps = 1000 }) => Math.max(1, scoreBps))
        const half = rest.reduce((sum, more) => sum + more, score!) / 2
        const most = (4 * score!) / (4 * score! + Math.max(0, half - score!))
        expect(shareOf(all[0]!, all, { ...ANY, maxPrice: 2n ** 96n })).to.be.at.most(most + 0.001)
      }),
      { numRuns: 50 },
    )
  })

  it('attack: many accounts without a score, at 1 wei, do not move the median', () => {
    const honest = Array.from({ length: 4 }, (_, i) => one({ account: accountAt(i), price: 100n }))
    const crowd = Array.from({ length: 30 }, (_, i) =>
      one({ account: accountAt(10 + i), scoreBps: undefined, tier: undefined, price: 1n, hosts: hostAt(i) }),
    )
    const all = [...honest, ...crowd]
    const share = honest.reduce((sum, each) => sum + shareOf(each, all), 0)
    expect(share, 'of 36 : 120').to.be.closeTo(36 / 156, 0.01)
  })

  it('attack: many accounts or addresses of one prefix carry one leg', () => {
    const near = one({ account: accountAt(1), hosts: ['198.51.100.77'] })
    const far = one({ account: accountAt(2), hosts: ['203.0.113.1'] })
    const taken: Taken = { accounts: new Set([accountAt(0)]), hosts: ['198.51.100.1'] }
    for (let i = 0; i < 100; i++) expect(drawProvider([one(), near, far], ANY, taken, i / 100)).to.equal(far)
    expect(drawProvider([one(), near], ANY, taken, 0)).to.equal(undefined)
    const six = one({ account: accountAt(3), hosts: ['2001:db8:1:2::1', '203.0.113.9'] })
    expect(drawProvider([six], ANY, { ...NOBODY, hosts: ['2001:db8:1:ffff::2'] }, 0)).to.equal(undefined)
  })

  it('are drawn whatever scores, prices and chance are, as long as one suits', () => {
    const candidate = fc.record({
      price: fc.bigInt(0n, 2n ** 96n - 1n),
      scoreBps: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    })
    const chance = fc.double({ min: 0, max: 1 - Number.EPSILON, noNaN: true })
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1 }), chance, (terms, random) => {
        const all = terms.map((term, i) => one({ ...term, account: accountAt(i), hosts: [`10.0.${i % 256}.1`] }))
        const wishes = { ...ANY, maxPrice: 2n ** 96n }
        expect(drawProvider(all, wishes, NOBODY, random)).to.be.oneOf(all)
      }),
    )
  })
})

describe('a region', () => {
  it('is a code of two letters as text, and nothing else', () => {
    expect(regionOf(' de ')).to.equal(`0x4445${'00'.repeat(30)}`)
    for (const wrong of ['', 'D', 'DEU', 'D1', '..', 'ßß']) expect(regionOf(wrong), wrong).to.equal(undefined)
  })
})
