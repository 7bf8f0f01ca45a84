/** Which sessions an epoch has if its rounds do not suffice for all. */
import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText, keccakWords } from '../../../../proto/hash.js'
import { facts, PARAMS, providerNamed } from '../../test/samples.js'
import { assign } from '../assign.js'
import { Draw } from '../draw.js'
import { inFairOrder } from '../fair-order.js'

const VERIFIERS = 5
/** Places for first tries: half of the rounds of an epoch of 20 seconds, with four lanes each. */
const SCARCE = { ...PARAMS, epochSeconds: 20 }
const LONG = { ...PARAMS, epochSeconds: 36_000 }

/** Sessions of each provider, by its stake. */
function sessionsOf(stakes: readonly bigint[], { beacon = '', params = SCARCE, claimKbps = 25_000 } = {}) {
  const providers = stakes.map((stake, i) => providerNamed(i, { stake, claimKbps }))
  const plan = assign({ ...facts({ verifiers: VERIFIERS, providers: 0, beacon }), providers }, params)
  return stakes.map((_, i) => plan.sessions.filter(({ providerIndex }) => providerIndex === i).length)
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const beacons = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

describe('the order of sessions', () => {
  it('attack: ten providers of the minimum stake starve three of more stake', () => {
    for (const beacon of beacons) {
      const counts = sessionsOf([10n, 10n, 10n, ...new Array<bigint>(10).fill(1n)], { beacon })
      expect(counts.slice(0, 3)).to.deep.equal([VERIFIERS, VERIFIERS, VERIFIERS])
      expect(sum(counts.slice(3))).to.be.above(0)
    }
  })

  it('attack: a provider with nearly all of the stake starves the small ones', () => {
    for (const beacon of beacons) {
      const counts = sessionsOf([1_000_000n, 1n, 1n, 1n], { beacon })
      expect(counts).to.deep.equal([VERIFIERS, VERIFIERS, VERIFIERS, VERIFIERS])
    }
  })

  it('attack: one stake, split over many accounts, gets no more sessions than in one account', () => {
    for (const parts of [2, 5, 10]) {
      for (const beacon of beacons) {
        const small = new Array<bigint>(parts).fill(BigInt(60 / parts))
        const counts = sessionsOf([60n, 60n, 60n, ...small], { beacon })
        expect(counts.slice(0, 3).every(count => count >= VERIFIERS - 1)).to.equal(true)
      }
    }
  })

  const stakes = fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { minLength: 2, maxLength: 12 })

  it('gives each provider at least its part by stake, or all of its sessions', () => {
    fc.assert(
      fc.property(stakes, fc.string(), (given, beacon) => {
        const counts = sessionsOf(given, { beacon })
        const total = given.reduce((all, one) => all + one, 0n)
        for (const [i, stake] of given.entries()) {
          if (total === 0n) continue
          const part = Number((BigInt(sum(counts)) * stake) / total)
          expect(counts[i]).to.be.at.least(Math.min(VERIFIERS, part))
        }
      }),
    )
  })

  it('never gives more to less stake', () => {
    fc.assert(
      fc.property(stakes, fc.string(), (given, beacon) => {
        const counts = sessionsOf(given, { beacon })
        for (const [i, stake] of given.entries()) {
          for (const [j, other] of given.entries()) {
            if (stake > other) expect(counts[i]).to.be.at.least(counts[j]! - 1)
          }
        }
      }),
    )
  })

  it('leaves nobody out if the rounds suffice', () => {
    fc.assert(
      fc.property(stakes, given => {
        const counts = sessionsOf(given, { params: LONG })
        expect(counts.every(count => count === VERIFIERS)).to.equal(true)
      }),
      { numRuns: 20 },
    )
  })

  it('is the same in whatever order the facts come', () => {
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length })
    const chain = facts({ verifiers: 7, providers: 0 })
    const providers = Array.from({ length: 9 }, (_, i) => providerNamed(i, { stake: BigInt(i % 4) }))
    fc.assert(
      fc.property(shuffled(chain.verifiers), shuffled(providers), (verifiers, given) => {
        const plan = assign({ ...chain, verifiers, providers: given }, SCARCE)
        const { sessions, repeats, unplaced } = assign({ ...chain, providers }, SCARCE)
        expect({ ...plan }).to.deep.include({ sessions, repeats, unplaced })
      }),
      { numRuns: 20 },
    )
  })

  it('is that of the exact averages, and else of the passes and of the draw', () => {
    const link = fc.array(fc.record({ stake: fc.bigInt({ min: 0n, max: 6n }), passes: fc.nat(4) }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(fc.array(link, { maxLength: 8 }), fc.string(), (given, seed) => {
        const links = given.map(of =>
          of.map(({ stake, passes }) => ({
            ...{ provider: { stake: stake * 10n ** 21n }, passes },
            sizeOf: (pass: number) => (pass < passes ? 1 : 0),
          })),
        )
        const beacon = keccakText(seed)
        const { links: places, passes } = inFairOrder(links, beacon)
        const expected = Array.from({ length: 4 }, (_, pass) => {
          const label = keccakText('bandwitness/v1/draw/order')
          const draw = new Draw(keccakWords(['bytes32', 'bytes32', 'uint32'], [beacon, label, pass]))
          return draw.sample([...links.keys()], links.length).map(place => ({ place, pass }))
        })
          .flat()
          .filter(({ place, pass }) => links[place]!.some(one => one.passes > pass))
        // Each provider has one session in each of its passes, so its sessions so far are its passes so far.
        const stakeIn = ({ place, pass }: { place: number; pass: number }) =>
          links[place]!.filter(one => one.passes > pass)
            .map(({ provider }) => provider.stake)
            .sort((a, b) => (a < b ? 1 : -1))[0]!
        const isBefore = (a: { place: number; pass: number }, b: { place: number; pass: number }) => {
          const [x, y] = [stakeIn(a), stakeIn(b)]
          if (x === 0n && y === 0n) return a.pass - b.pass
          const difference = BigInt(a.pass + 1) * y - BigInt(b.pass + 1) * x
          return difference < 0n ? -1 : difference > 0n ? 1 : 0
        }
        expected.sort(isBefore)
        expect(Array.from(places, (place, i) => ({ place, pass: passes[i]! }))).to.deep.equal(expected)
      }),
    )
  })
})
