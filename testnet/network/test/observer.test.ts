import { expect } from 'chai'
import type { ChainReader } from '../chain-reader.js'
import type { TestnetEvent } from '../events.js'
import { Observer } from '../observer.js'

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

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

  it('goes back with the chain, as often as that does, also while it awaits a report', async () => {
    let newest = 4
    let nowMs = 3500
    const reader = {
      clock: { genesisMs: 0, epochMs: 1000, eraEpochs: 5 },
      chain: { context: { provider: { getBlockNumber: async () => newest++ } } },
      reportOf: async (epoch: number) => (epoch <= newest ? 'missed' : undefined),
      frozenIndices: async () => [],
      equivocations: async () => [],
    } as unknown as ChainReader
    const told: number[] = []
    const begun: number[] = []
    let onEpoch: (epoch: number) => void = () => {}
    const emit = (event: TestnetEvent) => {
      if (event.event !== 'epoch') return
      told.push(event.epoch)
      onEpoch(event.epoch)
    }
    const observer = new Observer(reader, () => [], [], [], emit, { nowMs: () => nowMs }, new AbortController().signal)
    observer.whenEpochBegins(5, async () => void begun.push(5))
    let goBack: (() => void) | undefined
    onEpoch = epoch => {
      if (epoch === 2) goBack ??= observer.mark()
    }
    const following = observer.follow(6)
    await until(() => told.includes(4)) // from here on it awaits the report of epoch 5
    for (let times = 1; times <= 2; times++) {
      newest = 4
      nowMs = 3500
      goBack!()
      nowMs = 4500
      await until(() => told.filter(epoch => epoch === 4).length === times + 1 && begun.length === times)
    }
    newest = 6
    await following
    // The mark is within the telling of epoch 2, whose outcome was not kept yet.
    expect(told).to.deep.equal([1, 2, 3, 4, 2, 3, 4, 2, 3, 4, 5, 6])
    expect(observer.epochs.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 3, 4, 5, 6])
  })
})
