import { expect } from 'chai'
import fc from 'fast-check'
import { MOST_HELD, MOST_HELD_MS, REPEATED_WITHIN_MS } from '../constants.js'
import { InOrder } from '../in-order.js'

const packet = (number: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

function opened(names: readonly string[] = ['a', 'b']) {
  const out: number[] = []
  const inOrder = new InOrder<{ name: string }>(bytes => out.push(bytes.readUInt32BE()))
  const legs = names.map(name => ({ name }))
  inOrder.use(legs, 0)
  const take = (leg: number, ...numbers: number[]) => {
    for (const number of numbers) inOrder.take(legs[leg]!, number, packet(number), 0)
  }
  return { out, inOrder, legs, take }
}

describe('packets of several legs', () => {
  it('come in the order in which they were sent', () => {
    const { out, take } = opened()
    take(0, 0, 2, 4)
    expect(out).to.deep.equal([0])
    take(1, 1, 3)
    expect(out).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('do not wait for what all legs have passed', () => {
    const { out, inOrder, legs, take } = opened()
    take(0, 0, 2, 5)
    take(1, 3)
    expect(out, '1 is lost').to.deep.equal([0, 2, 3])
    inOrder.pass(legs[1]!, 6, 0)
    expect(out, 'and so is 4').to.deep.equal([0, 2, 3, 5])
  })

  it('do not wait over a single leg', () => {
    const { out, take } = opened(['a'])
    take(0, 0, 1, 3, 7)
    expect(out).to.deep.equal([0, 1, 3, 7])
  })

  it('are delivered late, and more than once: QUIC knows its copies', () => {
    const { out, take } = opened(['a'])
    take(0, 0, 2, 1, 2)
    expect(out).to.deep.equal([0, 2, 1, 2])
  })

  it('wait for what a dead leg took along, and only until it has been carried again', () => {
    const { out, inOrder, legs, take } = opened()
    take(0, 0, 2, 4, 6, 9)
    take(1, 1)
    inOrder.use([legs[0]!], 0)
    expect(out, '3 may come').to.deep.equal([0, 1, 2])
    take(0, 3)
    expect(out).to.deep.equal([0, 1, 2, 3, 4])
    take(0, 7)
    expect(out, '5 was before 7, and is lost').to.deep.equal([0, 1, 2, 3, 4, 6, 7])
    take(0, 10)
    expect(out, 'new ones follow the repeats').to.deep.equal([0, 1, 2, 3, 4, 6, 7, 9, 10])
  })

  it('do not wait for ever', () => {
    const { out, inOrder, legs, take } = opened()
    take(0, 0, 2)
    inOrder.release(MOST_HELD_MS)
    expect(out).to.deep.equal([0])
    inOrder.release(MOST_HELD_MS + 1)
    expect(out).to.deep.equal([0, 2])
    const laterMs = MOST_HELD_MS + 1
    inOrder.take(legs[0]!, 4, packet(4), laterMs)
    inOrder.use([legs[0]!], laterMs)
    inOrder.release(laterMs + REPEATED_WITHIN_MS - 1)
    expect(out, 'for a leg that is no longer in use').to.deep.equal([0, 2])
    inOrder.release(laterMs + REPEATED_WITHIN_MS)
    expect(out).to.deep.equal([0, 2, 4])
  })

  it('are held in bounded memory, whatever numbers the other end takes', () => {
    const { out, take } = opened()
    for (let i = 0; i < 10_000; i++) take(0, 1 + 2 * i)
    expect(10_000 - out.length).to.be.at.most(MOST_HELD)
    const far = opened()
    far.inOrder.take(far.legs[0]!, 2 ** 48 - 1, packet(7), 0)
    far.inOrder.release(MOST_HELD_MS + 1)
    far.take(0, 1)
    expect(far.out, 'no number makes it count up to there').to.deep.equal([7, 1])
  })

  it('all come once, and in order, over legs of any delay that lose none', () => {
    const seed = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 200 }), fc.tuple(seed, seed, seed), (ways, delays) => {
        const { out, inOrder, legs } = opened(['a', 'b', 'c'])
        const arrivals = ways.map((way, number) => ({ way, number, atMs: number + delays[way]! }))
        arrivals.sort((one, other) => one.atMs - other.atMs || one.number - other.number)
        for (const { way, number, atMs } of arrivals) inOrder.take(legs[way]!, number, packet(number), atMs)
        for (const leg of legs) inOrder.pass(leg, ways.length, 1000)
        expect(out).to.deep.equal(ways.map((_, number) => number))
      }),
    )
  })
})
