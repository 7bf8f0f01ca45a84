/** Fault: the machine's clock is ahead. The node finds it by the ages of the blocks, however long the epochs are. */
import { mock } from 'node:test'
import timers from 'node:timers/promises'
import { expect } from 'chai'
import pino from 'pino'
import { ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET } from '../../../proto/params.js'
import { ChainFollower, type ChainFollowerModules } from '../chain-follower.js'
import type { VerifierContext } from '../context.js'
import { OwnFaults } from '../own-faults.js'

const START_MS = 1_800_000_000_000
const BLOCK_MS = 2000
const TICK_MS = 20
/** More than eight blocks. */
const WATCH_MS = 30_000

describe('a clock that is ahead', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  /**
   * What a node finds that follows the chain for a while.
   * @param answerMs how long the chain node takes for an answer. @param aheadMs how far the clock is ahead
   */
  async function found(epochSeconds: number, answerMs: number, aheadMs: number): Promise<readonly string[]> {
    let nowMs = START_MS
    const stopping = new AbortController()
    const tip = async () => {
      await timers.setTimeout(answerMs, undefined, { signal: stopping.signal })
      return { epoch: 0, headerHash: ZERO_HASH, blockMs: nowMs - (nowMs % BLOCK_MS) }
    }
    const context = {
      ...{ params: { ...DEVNET, epochSeconds }, chain: { tip }, log: pino({ level: 'silent' }) },
      ...{ wall: { nowMs: () => nowMs + aheadMs }, stopping: stopping.signal },
    } as unknown as VerifierContext
    const faults = new OwnFaults(context)
    const running = new ChainFollower(context, { onBlock: faults.sawBlock } as unknown as ChainFollowerModules).run()
    while (nowMs < START_MS + WATCH_MS) {
      nowMs += TICK_MS
      mock.timers.tick(TICK_MS)
      await new Promise(setImmediate)
    }
    stopping.abort()
    await running.catch(error => expect(error.name).to.equal('AbortError'))
    expect(faults.blockAgeMs).to.be.within(Math.max(0, aheadMs - answerMs), aheadMs + 1000)
    return faults.sentences
  }

  for (const epochSeconds of [20, 80, 3600]) {
    it(`is found where epochs take ${epochSeconds} s, and a right one is left alone`, async () => {
      for (const answerMs of [20, 40, 700]) {
        expect((await found(epochSeconds, answerMs, 5000)).join()).to.match(/blocks look at least [45]\.\d s old.*NTP/)
        expect(await found(epochSeconds, answerMs, 0)).to.deep.equal([])
      }
    })
  }
})
