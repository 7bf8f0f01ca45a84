import { expect } from 'chai'
import type { PlannedFault } from '../scenario.js'
import { troublesOf } from '../troubles.js'

const CLOCK = { genesisMs: 0, epochMs: 10_000, eraEpochs: 5 }
const NEVER = Number.POSITIVE_INFINITY
const troubles = (...faults: [PlannedFault, fromMs: number, toMs: number][]) =>
  troublesOf(
    faults.map(([planned, fromMs, toMs]) => ({ planned, fromMs, toMs })),
    ['verifier-1', 'verifier-2'],
    CLOCK,
  )

describe('the troubles of verifiers', () => {
  it('last from the epoch of their beginning to that of their end', () => {
    const fault: PlannedFault = { pause: ['verifier-1'], from: 2 }
    expect(troubles([fault, 10_000, 25_000])).to.deep.equal([{ name: 'verifier-1', fromEpoch: 2, toEpoch: 3 }])
  })

  it('are over when the testnet has started the node again', () => {
    const killed = (fromMs: number) => troubles([{ kill: ['verifier-2'], from: 2 }, fromMs, NEVER])
    expect(killed(10_000)).to.deep.equal([{ name: 'verifier-2', fromEpoch: 2, toEpoch: 2 }])
    expect(killed(19_000)).to.deep.equal([{ name: 'verifier-2', fromEpoch: 2, toEpoch: 3 }])
  })

  it('never end if the fault does not', () =>
    expect(troubles([{ pause: ['verifier-2'], from: 2 }, 10_000, NEVER])[0]!.toEpoch).to.equal(NEVER))

  it('are everybody’s if the fault names nobody', () =>
    expect(troubles([{ chain: 'stopped', from: 1 }, 0, 5000])).to.have.length(2))
})
