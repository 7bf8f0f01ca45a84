/** What waiting costs: chain nodes have quotas, and on a real network a penalty waits for a day. */
import { mock } from 'node:test'
import { expect } from 'chai'
import pino from 'pino'
import { ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import type { TxResult } from '../../core/ports.js'
import { facts as factsOf } from '../../core/test/samples.js'
import type { VerifierContext } from '../context.js'
import { Sending } from '../sending.js'
import { Transmission } from '../transmission.js'
import { leaf, posted } from './posted-reports.js'

const HOUR_MS = 3_600_000
const REAL = { ...DEVNET, epochSeconds: 3600, settlementSeconds: 86_400, evidenceSeconds: 604_800, rankDelayMs: 0 }

describe('the calls of a chain node', () => {
  let nowMs: number
  let stopping: AbortController
  beforeEach(() => {
    nowMs = 0
    stopping = new AbortController()
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => {
    stopping.abort()
    mock.timers.reset()
  })

  async function pass(ms: number, tickMs: number): Promise<void> {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += tickMs
      mock.timers.tick(tickMs)
      await new Promise(setImmediate)
    }
  }

  /** Of a network whose epoch 1 begins at instant 0. */
  const contextOf = ({ epochSeconds, ...params }: NetworkParams, chain: Partial<VerifierContext['chain']>) =>
    ({
      ...{ params: { epochSeconds, ...params }, chain, log: pino({ level: 'silent' }), self: { index: 1 } },
      ...{ epochs: { genesisMs: 0, epochMs: epochSeconds * 1000, eraEpochs: 24 }, wall: { nowMs: () => nowMs } },
      ...{ stopping: stopping.signal, fail: () => undefined },
    }) as unknown as VerifierContext

  it('are none as long as a penalty waits for the end of its delay, and few until a block tells that it is over', async () => {
    const finalMs = 2 * HOUR_MS + REAL.settlementSeconds * 1000
    let [asked, settled] = [0, 0]
    const chain: Partial<VerifierContext['chain']> = {
      isFinal: async () => {
        asked++
        return nowMs >= finalMs + 12_000
      },
      isSettled: async () => settled > 0,
      chargeOf: async () => 1n,
      settle: async () => {
        settled++
        return { kind: 'done', txHash: ZERO_HASH, gasUsed: 1 }
      },
      headBlock: async () => 1,
    }
    const transmission = new Transmission(contextOf(REAL, chain))
    const settling = transmission.settle(posted(1).header, [leaf(1, 200)], factsOf({ verifiers: 4, providers: 1 }))
    await pass(finalMs - 5000, 5000)
    expect(asked).to.equal(0)
    await pass(30_000, 100)
    await settling
    expect(settled).to.equal(1)
    expect(asked).to.be.within(1, 10)
  })

  /** How often a node asks and sends in so long, if the chain refuses what it sends. */
  async function refusals(epochMs: number, ms: number, tickMs: number): Promise<number> {
    let sent = 0
    const context = contextOf({ ...REAL, epochSeconds: epochMs / 1000 }, { headBlock: async () => 1 })
    const refused: TxResult = { kind: 'rejected', reason: 'insufficient funds for gas' }
    const send = async () => {
      sent++
      return refused
    }
    const duty = {
      what: 'sample',
      deadlineMs: Number.MAX_SAFE_INTEGER,
      turn: async () => {},
      isDone: async () => false,
    }
    new Sending(context).untilLasting({ ...duty, send }).catch(() => undefined) // when the node stops
    await pass(ms, tickMs)
    return sent
  }

  it('become few while a transaction is refused: 64 an epoch', async () => {
    expect(await refusals(HOUR_MS, 4 * HOUR_MS, 1000)).to.be.within(4 * 55, 4 * 64 + 12)
  })

  it('come three times a second in a test network, which must be prompt', async () => {
    expect(await refusals(20_000, 20_000, 10)).to.be.at.least(60)
  })
})
