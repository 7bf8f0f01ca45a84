import { expect } from 'chai'
import fc from 'fast-check'
import { encodeWords } from '../../../../proto/abi.js'
import type { SeenEntry } from '../../../../proto/digests.js'
import { keccakText } from '../../../../proto/hash.js'
import { ZERO_HASH } from '../../../../proto/hex.js'
import { MerkleTree } from '../../../../proto/merkle.js'
import { ballotSetOf, ballotSetRoot, holdersOf, type SignedList } from '../ballot-set.js'

const rootOf = (verifier: number, version = 0) => keccakText(`ballot ${verifier} ${version}`)
const entry = (verifier: number, version = 0): SeenEntry => ({ verifier, root: rootOf(verifier, version) })
const list = (verifier: number, entries: readonly SeenEntry[]): SignedList => ({ verifier, entries })

/** Each of n verifiers with a list drawn from all ballots, some of which exist in two versions. */
const drawnLists = fc.integer({ min: 1, max: 10 }).chain(n => {
  const ballots = Array.from({ length: n }, (_, verifier) => [entry(verifier), entry(verifier, 1)]).flat()
  return fc.record({
    n: fc.constant(n),
    lists: fc.tuple(
      ...Array.from({ length: n }, (_, verifier) => fc.subarray(ballots).map(one => list(verifier, one))),
    ),
  })
})

describe('ballot set', () => {
  it('holds the ballots that more than a third of the frozen set lists, ascending', () => {
    const lists = [list(0, [entry(5), entry(2)]), list(1, [entry(2), entry(5)]), list(2, [entry(3), entry(2)])]
    expect(ballotSetOf(lists, 5).roots).to.deep.equal([entry(2), entry(5)])
    expect(ballotSetOf(lists, 3).roots).to.deep.equal([entry(2), entry(5)])
    expect(ballotSetOf(lists, 6).roots).to.deep.equal([entry(2)])
    expect(ballotSetOf([], 5)).to.deep.equal({ roots: [], equivocators: [] })
  })

  it('leaves out and reports a verifier with two roots that more than a third vouches for', () => {
    const lists = [0, 1, 2, 3].map(verifier => list(verifier, [entry(7, verifier % 2), entry(8)]))
    expect(ballotSetOf(lists, 4)).to.deep.equal({ roots: [entry(8)], equivocators: [7] })
  })

  it('does not let a few liars pin a second root on a verifier', () => {
    const lists = [0, 1, 2].map(verifier => list(verifier, [entry(7)]))
    expect(ballotSetOf([...lists, list(3, [entry(7, 1)])], 4)).to.deep.equal({ roots: [entry(7)], equivocators: [] })
  })

  it('counts one list for each verifier, and each entry of a list once', () => {
    expect(ballotSetOf([list(0, [entry(7), entry(7)]), list(0, [entry(7), entry(7)])], 5).roots).to.deep.equal([])
    const contradiction = [list(0, [entry(7)]), list(0, []), list(1, [entry(7)])]
    expect(ballotSetOf(contradiction, 5).roots).to.deep.equal([])
  })

  it('does not depend on the order of lists or entries', () => {
    const shuffled = drawnLists.chain(({ n, lists }) =>
      fc.record({
        n: fc.constant(n),
        lists: fc.constant(lists),
        other: fc
          .tuple(
            ...lists.map(({ verifier, entries }) =>
              fc.shuffledSubarray([...entries], { minLength: entries.length }).map(one => list(verifier, one)),
            ),
          )
          .chain(one => fc.shuffledSubarray(one, { minLength: one.length })),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ n, lists, other }) => {
        expect(ballotSetOf(other, n)).to.deep.equal(ballotSetOf(lists, n))
      }),
    )
  })

  it('cannot lose a ballot that more than two thirds listed, whichever lists a leader picks', () => {
    const drawn = drawnLists.chain(({ n, lists }) => {
      // One ballot that just more than two thirds list, and no list contradicts.
      const target = entry(99)
      const needed = Math.floor((2 * n) / 3) + 1
      const all = lists.map((one, i) => (i < needed ? list(i, [...one.entries, target]) : one))
      return fc.record({
        n: fc.constant(n),
        target: fc.constant(target),
        picked: fc.shuffledSubarray(all, { minLength: needed }),
      })
    })
    fc.assert(
      fc.property(drawn, ({ n, target, picked }) => {
        expect(ballotSetOf(picked, n).roots).to.deep.include(target)
      }),
      { numRuns: 300 },
    )
  })

  it('has a Merkle root over (verifier, root), zero when empty', () => {
    expect(ballotSetRoot([])).to.equal(ZERO_HASH)
    const words = [2, 5].map(one => encodeWords(['uint32', 'bytes32'], [one, rootOf(one)]))
    expect(ballotSetRoot([entry(5), entry(2)])).to.equal(new MerkleTree(words).root)
  })

  it('names those who hold each ballot', () => {
    const lists = [list(0, [entry(5), entry(5)]), list(1, [entry(5), entry(2)]), list(2, [])]
    expect([...holdersOf(lists)]).to.deep.equal([
      [rootOf(5), [0, 1]],
      [rootOf(2), [1]],
    ])
  })
})
