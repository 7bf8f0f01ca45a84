import { expect } from 'chai'
import fc from 'fast-check'
import { randomKills } from '../random-kills.js'
import { scenarioSchema } from '../scenario.js'

/** the same numbers for the same seed */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const scenarioOf = (kills: number, seed: number) => scenarioSchema.parse(randomKills(kills, seeded(seed)))

describe('random kills', () => {
  it('are a scenario with as many kills as asked for, by seed', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (kills, seed) => {
        const { faults } = scenarioOf(kills, seed)
        expect(faults.filter(({ kill, chain }) => (kill ?? chain) !== undefined)).to.have.length(kills)
        expect(scenarioOf(kills, seed)).to.deep.equal(scenarioOf(kills, seed))
      }),
    ))

  it('leave quiet epochs to sign in, and kill the chain once in each burst at most', () =>
    fc.assert(
      fc.property(fc.nat(), seed => {
        const { faults, epochs, expect: expected } = scenarioOf(56, seed)
        const bursts = new Map<number, number>()
        for (const { from, chain } of faults) {
          const epoch = Math.floor(from as number)
          bursts.set(epoch, (bursts.get(epoch) ?? 0) + (chain === undefined ? 0 : 1))
        }
        expect([...bursts.keys()].sort((a, b) => a - b)).to.deep.equal([2, 6, 10, 14])
        expect(Math.max(...bursts.values())).to.be.at.most(1)
        expect(expected.reports).to.deep.equal({ but: [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15] })
        expect(epochs).to.equal(16)
      }),
    ))
})
