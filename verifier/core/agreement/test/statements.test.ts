import { expect } from 'chai'
import fc from 'fast-check'
import { STATEMENT_KINDS } from '../../../../proto/equivocation.js'
import { keccakText } from '../../../../proto/hash.js'
import { facts, registryIndex } from '../../test/samples.js'
import { equivocationOf, type Statement, Statements } from '../statements.js'

const statement = fc.record({
  kind: fc.constantFrom(...STATEMENT_KINDS),
  verifier: fc.nat(4).map(registryIndex),
  slot: fc.nat(2),
  value: fc.nat(2).map(i => keccakText(`${i}`)),
  signature: fc.constant(new Uint8Array(96)),
})

const slotOf = ({ kind, verifier, slot }: Statement) => `${kind} ${verifier} ${slot}`
const contradictionsIn = (heard: readonly Statement[]) => {
  const statements = new Statements()
  return heard.flatMap(one => {
    const result = statements.hear(one)
    return result.is === 'contradiction' ? [result.pair] : []
  })
}

describe('statements of verifiers', () => {
  it('of an honest verifier never contradict each other, however often and in whatever order they are heard', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 60 }), heard => {
        const honest = heard.map(one => ({ ...one, value: keccakText(slotOf(one)) }))
        expect(contradictionsIn(honest)).to.deep.equal([])
      }),
    )
  })

  it('contradict each other once for each slot with two values, and the lower value comes first', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 60 }), heard => {
        const values = new Map<string, Set<string>>()
        for (const one of heard) values.set(slotOf(one), (values.get(slotOf(one)) ?? new Set()).add(one.value))
        const twofold = [...values].filter(([, set]) => set.size > 1).map(([slot]) => slot)
        const pairs = contradictionsIn(heard)
        expect(pairs.map(([first]) => slotOf(first))).to.have.members(twofold)
        for (const [first, second] of pairs) {
          expect(slotOf(first)).to.equal(slotOf(second))
          expect(first.value < second.value).to.equal(true)
        }
      }),
    )
  })

  it('of a third value are superfluous, and the first two still are not', () => {
    const statements = new Statements()
    const one = { kind: 'ballot', verifier: 1, slot: 1, signature: new Uint8Array(96) } as const
    const hear = (text: string) => statements.hear({ ...one, value: keccakText(text) }).is
    expect(['a', 'b', 'c', 'a', 'b', 'c'].map(hear)).to.deep.equal([
      ...['consistent', 'contradiction', 'superfluous'],
      ...['consistent', 'consistent', 'superfluous'],
    ])
  })

  it('become evidence with the position of the verifier in the frozen set', () => {
    const set = facts({ verifiers: 5, providers: 0, epoch: 12 })
    const one = { kind: 'report', slot: 3, signature: new Uint8Array(96) } as const
    const pair = (verifier: number) =>
      [
        { ...one, verifier, value: keccakText('a') },
        { ...one, verifier, value: keccakText('b') },
      ] as const
    expect(equivocationOf(set, pair(registryIndex(2)))).to.deep.equal({
      ...{ kind: 3, era: set.era, epoch: 12, slot: 3, position: 2 },
      ...{ first: keccakText('a'), second: keccakText('b') },
    })
    expect(() => equivocationOf(set, pair(4))).to.throw(RangeError, 'verifier 4 is not in the frozen set')
  })
})
