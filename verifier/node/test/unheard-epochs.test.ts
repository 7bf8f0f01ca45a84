import { expect } from 'chai'
import type { Logger } from 'pino'
import type { EpochClock } from '../../../proto/epoch.js'
import { silent } from '../../net/test/network.js'
import type { VerifierContext } from '../context.js'
import { UnheardEpochs } from '../unheard-epochs.js'

const CLOCK: EpochClock = { genesisMs: 1_800_000_000_000, epochMs: 10_000, eraEpochs: 5 }
const LACK = 'seen lists of 1 of 7 verifiers, 5 are needed'
/** The chain takes no report of epoch 5 from here on. */
const DEADLINE_MS = CLOCK.genesisMs + 6 * CLOCK.epochMs

describe('an epoch without a certificate', () => {
  let stopping: AbortController
  let blockMs: number
  let reports: Set<number>
  let asked: number
  /** the chain node fails that often first */
  let failures: number
  let epochs: UnheardEpochs
  beforeEach(() => {
    stopping = new AbortController()
    reports = new Set()
    blockMs = DEADLINE_MS
    asked = failures = 0
    const chain = {
      tip: async () => {
        asked++
        if (failures-- > 0) throw new Error('502')
        return { blockMs }
      },
      posted: async (epoch: number) => (reports.has(epoch) ? { header: { epoch } } : undefined),
    } as unknown as VerifierContext['chain']
    epochs = new UnheardEpochs({ chain, epochs: CLOCK, stopping: stopping.signal, log: silent as Logger })
  })
  afterEach(() => stopping.abort())

  it('has no report only if the chain says so', async () => {
    await epochs.unheard(5, LACK)
    expect(epochs.missed).to.deep.equal({ epoch: 5, sentence: `epoch 5 has no report: ${LACK}` })
    expect(epochs.without).to.equal(undefined)
  })

  it('that others certified is told as the fault of the verifier that slept, until it hears one again', async () => {
    reports.add(5)
    await epochs.unheard(5, LACK)
    expect(epochs.missed).to.equal(undefined)
    expect(epochs.without).to.match(/^epoch 5 has a report.*asleep or cut off/)
    epochs.heard(6)
    expect([epochs.missed, epochs.without]).to.deep.equal([undefined, undefined])
  })

  it('is open as long as the chain is not past the deadline, though the clock of this machine is', async () => {
    blockMs = DEADLINE_MS - 1
    const told = epochs.unheard(5, LACK)
    while (asked < 2) await new Promise(setImmediate)
    expect(epochs.missed).to.equal(undefined)
    reports.add(5)
    await told
    expect([epochs.missed, epochs.without !== undefined]).to.deep.equal([undefined, true])
  })

  it('is asked for again if the chain node fails, and a late answer hides no newer one', async () => {
    failures = 1
    const late = epochs.unheard(5, LACK)
    epochs.heard(6)
    await late
    expect(asked).to.equal(2)
    expect(epochs.missed).to.equal(undefined)
  })

  it('is asked for no longer than the node runs', async () => {
    blockMs = 0
    const told = epochs.unheard(5, LACK)
    stopping.abort()
    expect(await told.catch(error => error.name)).to.equal('AbortError')
  })
})
