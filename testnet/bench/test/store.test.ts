/** A small run of `bench store`, with a real store and another process, and its verdict. */
import { expect } from 'chai'
import { ratioOf, storeTable, verdictOf } from '../store/result.js'
import { runStore } from '../store/run.js'

describe('the verdict of bench store', () => {
  const found = {
    signed: { votes: 700, messages: 200, leaves: 100 },
    diskBytes: 1200,
    opening: { startMs: 2000, memoryMb: 300 },
  }

  it('passes within its limits', () => expect(verdictOf(found)).to.equal('PASS'))

  for (const [name, more, failure] of [
    ['a large store', { diskBytes: 1201 }, /times the signed bytes/],
    ['a slow start', { opening: { startMs: 2001, memoryMb: 1 } }, /start takes 2001 ms/],
    ['much memory', { opening: { startMs: 1, memoryMb: 301 } }, /takes 301 MB/],
  ] as const) {
    it(`fails for ${name}`, () => expect(verdictOf({ ...found, ...more })).to.match(failure))
  }
})

describe('a store that bench store fills', () => {
  it('is opened by another process, and its figures are those of its epochs', async () => {
    const network = { verifiers: 5, providers: 4, windowEpochs: 2 }
    const result = await runStore(network, 6, () => undefined)
    expect(result.signed.votes, 'of each receiver on each provider, due or not').to.equal(6 * 960 * 5 * 4)
    expect(result.signed.leaves).to.equal(6 * 704 * 4)
    expect(ratioOf(result)).to.be.within(0.1, 3)
    expect(result.opening.startMs).to.be.above(0)
    expect(result.opening.memoryMb).to.be.above(10)
    expect(storeTable(result))
      .to.include('5 verifiers, 4 providers, 6 epochs, windows of 2')
      .and.include(result.verdict)
  })
})
