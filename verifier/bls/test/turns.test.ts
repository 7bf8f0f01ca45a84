import { expect } from 'chai'
import fc from 'fast-check'
import { Turns } from '../turns.js'

describe('turns of peers', () => {
  it('let nobody wait for more than one thing of each other peer, however much the others have', () => {
    const turns = new Turns<string>()
    const liars = Array.from({ length: 63 }, (_, i) => `liar ${i}`)
    for (const liar of liars) for (let i = 0; i < 384; i++) turns.add(liar, `${liar}: ${i}`)
    turns.add('honest', 'truth')
    const firsts = Array.from({ length: 64 }, () => turns.take())
    expect(firsts).to.include('truth')
  })

  it('keep the order of each peer, and lose nothing', () => {
    const things = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.nat(), { nil: undefined })))
    fc.assert(
      fc.property(things, added => {
        const turns = new Turns<{ peer: string; i: number }>()
        const taken: { peer: string; i: number }[] = []
        for (const [i, [peer, take]] of added.entries()) {
          turns.add(peer, { peer, i })
          if (take !== undefined) taken.push(turns.take()!)
        }
        for (let next = turns.take(); next !== undefined; next = turns.take()) taken.push(next)
        for (const peer of ['a', 'b', 'c']) {
          const places = added.flatMap(([one], i) => (one === peer ? [i] : []))
          expect(taken.filter(one => one.peer === peer).map(({ i }) => i)).to.deep.equal(places)
        }
      }),
    )
  })
})
