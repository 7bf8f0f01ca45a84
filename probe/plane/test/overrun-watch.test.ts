import { expect } from 'chai'
import fc from 'fast-check'
import { OverrunWatch } from '../overrun-watch.js'

describe('overrun watch', () => {
  const watching = (looks: readonly (readonly [ms: number, overruns: number])[]) => {
    const watch = new OverrunWatch()
    for (const [ms, overruns] of looks) watch.look(ms, overruns)
    return (fromMs: number, toMs: number) => watch.within({ fromMs, toMs })
  }

  it('counts the overruns of a reading, and not those before and after it', () => {
    const within = watching([...[0, 50, 200, 250, 500, 550].map(ms => [ms, ms] as const)])
    expect(within(200, 500)).to.equal(300)
    expect(within(0, 50)).to.equal(50)
  })

  it('counts overruns that may have been on either side of an edge', () => {
    const within = watching([
      [0, 0],
      [50, 4],
      [100, 10],
      [150, 10],
    ])
    expect(within(60, 70)).to.equal(6)
    expect(within(45, 55)).to.equal(10)
    expect(within(120, 900), 'a reading that goes on').to.equal(0)
  })

  it('knows nothing without a look', () => expect(watching([])(0, 100)).to.equal(0))

  it('never misses an overrun, and never counts one twice in readings that follow each other', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(20)), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.nat(30), fc.nat(30), (gaps, from, to) => {
        const looks: [number, number][] = []
        for (const [ms, overruns] of gaps) {
          const [lastMs, last] = looks.at(-1) ?? [0, 0]
          looks.push([lastMs + ms, last + overruns])
        }
        const [first, last] = [looks[0]!, looks.at(-1)!]
        const within = watching(looks)
        expect(within(first[0], last[0])).to.equal(last[1] - first[1])
        const cuts = [from, to].map(i => looks[i % looks.length]![0]).sort((a, b) => a - b)
        expect(within(first[0], cuts[0]!) + within(cuts[0]!, cuts[1]!) + within(cuts[1]!, last[0])).to.equal(
          last[1] - first[1],
        )
      }),
    )
  })
})
