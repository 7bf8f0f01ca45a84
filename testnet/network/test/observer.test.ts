import { expect } from 'chai'
import type { ChainReader } from '../chain-reader.js'
import type { TestnetEvent } from '../events.js'
import { Observer } from '../observer.js'

describe('the observer of a run', () => {
  it('leaves out epochs without a report that time jumped over, and no others', async () => {
    let blocks = 0
    const reader = {
      clock: { genesisMs: 0, epochMs: 1000, eraEpochs: 5 },
      chain: { context: { provider: { getBlockNumber: async () => blocks++ } } },
      reportOf: async () => 'missed',
      frozenIndices: async () => [1, 2, 3],
      equivocations: async () => [],
    } as unknown as ChainReader
    const events: TestnetEvent[] = []
    const emit = (event: TestnetEvent) => events.push(event)
    const { signal } = new AbortController()
    const observer = new Observer(reader, () => [], [], [], emit, { nowMs: () => 2500 }, signal)
    const begun: number[] = []
    for (const epoch of [3, 4]) observer.whenEpochBegins(epoch, async () => void begun.push(epoch))
    observer.skip(3, 6)
    await observer.follow(7)
    expect(observer.epochs.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 7])
    expect(events.map(event => event.event === 'epoch' && event.epoch)).to.deep.equal([1, 2, 7])
    expect(begun).to.deep.equal([3]) // by the time of the network, and not by the machine's
  })
})
