import { expect } from 'chai'
import fc from 'fast-check'
import { findRight } from '../splitting.js'

/** Pairings of one check of n signatures: one for each digest, and one for all signatures together. */
const pairings = (n: number): number => n + 1

/** The items of which `wrong` holds, as they are found, and what finding them cost. */
function find(wrong: readonly boolean[]): { right: boolean[]; cost: number } {
  let cost = 0
  const right = findRight(wrong.length, (from, to) => {
    cost += pairings(to - from)
    return !wrong.slice(from, to).includes(true)
  })
  return { right, cost }
}

describe('the search for wrong ones in a batch', () => {
  it('finds exactly those, for at most 1.59 times the work of one by one', () => {
    const oneByOne = (count: number) => count * pairings(1)
    const batches = fc.array(fc.boolean(), { minLength: 1, maxLength: 64 })
    fc.assert(
      fc.property(batches, wrong => {
        const { right, cost } = find(wrong)
        expect(right).to.deep.equal(wrong.map(one => !one))
        if (wrong.length === 64) expect(cost / oneByOne(64)).to.be.at.most(1.59)
      }),
      { examples: [[new Array(64).fill(true)]] },
    )
    const worst = fc.array(fc.boolean(), { minLength: 64, maxLength: 64 })
    fc.assert(fc.property(worst, wrong => find(wrong).cost / oneByOne(64) <= 1.59))
  })

  it('costs one check if none is wrong, and 1.2 times the work of one by one if one is, wherever it stands', () => {
    expect(find(new Array(64).fill(false)).cost).to.equal(pairings(64))
    for (let place = 0; place < 64; place++) {
      const { right, cost } = find(Array.from({ length: 64 }, (_, i) => i === place))
      expect(right.indexOf(false)).to.equal(place)
      expect(right.lastIndexOf(false)).to.equal(place)
      expect(cost / (64 * pairings(1))).to.be.at.most(1.2)
    }
  })

  it('asks nothing of an empty list', () => expect(find([])).to.deep.equal({ right: [], cost: 0 }))
})
