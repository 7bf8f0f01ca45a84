import { expect } from 'chai'
import type { JsonRpcProvider } from 'ethers'
import fc from 'fast-check'
import { type Anvil, startAnvil } from '../../../testnet/network/anvil.js'
import { blockAt, lastBlockBefore } from '../block-search.js'
import { openProvider } from '../connect.js'

/** Seconds between one block and the next, irregular as on a real chain. */
const GAPS = [12, 1, 1, 40, 2, 12, 12, 3, 1, 100, 1, 7, 12, 1, 1, 1, 24, 12, 5, 1, 60, 2, 1]

describe('search of a block by time', () => {
  let anvil: Anvil
  let provider: JsonRpcProvider
  /** timestamp of every block by its number */
  let times: number[]

  before(async () => {
    anvil = await startAnvil()
    provider = openProvider(anvil.rpcUrl, 31_337)
    times = [(await blockAt(provider, 0)).timestamp]
    for (const gap of GAPS) {
      times.push(times.at(-1)! + gap)
      await provider.send('evm_setNextBlockTimestamp', [times.at(-1)])
      await provider.send('evm_mine', [])
    }
  })
  after(async () => {
    provider?.destroy()
    await anvil?.stop()
  })

  it('finds the last block before any moment', async () => {
    const moment = fc.integer({ min: times[0]! + 1, max: times.at(-1)! })
    await fc.assert(
      fc.asyncProperty(moment, async seconds => {
        const found = await lastBlockBefore(provider, seconds, 0)
        expect(found?.number).to.equal(times.findLastIndex(time => time < seconds))
      }),
      { numRuns: 60 },
    )
  })

  it('finds none while the newest block is before that moment', async () => {
    expect(await lastBlockBefore(provider, times.at(-1)! + 1, 0)).to.equal(undefined)
  })

  it('finds none if even the first block comes after that moment', async () => {
    expect(await lastBlockBefore(provider, times[0]!, 0)).to.equal(undefined)
  })
})
