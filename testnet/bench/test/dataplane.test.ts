import { expect } from 'chai'
import fc from 'fast-check'
import { highestRate, MAX_LOSS } from '../dataplane/search.js'
import { dataplaneTables } from '../dataplane/tables.js'
import { criteriaOf, type Row, verdictOf } from '../dataplane/verdict.js'

describe('search for the highest rate', () => {
  /** Carries up to its capacity, and loses the excess. */
  const link = (capacity: number) => async (gbps: number) => ({
    gbps: Math.min(gbps, capacity),
    loss: Math.max(0, 1 - capacity / gbps),
  })

  it('finds the rate of a link, whether the search begins below or above', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.1, max: 20, noNaN: true }), async capacity => {
        const best = await highestRate(0.4, link(capacity))
        expect(best!.gbps).to.be.within(0.9 * capacity, capacity)
        expect(best!.loss).to.be.at.most(MAX_LOSS)
      }),
    )
  })

  it('ends when a sender gains no more, although nothing is lost', async () => {
    let trials = 0
    const best = await highestRate(0.4, async gbps => {
      trials++
      return { gbps: Math.min(gbps, 1), loss: 0 }
    })
    expect(best!.gbps).to.be.within(0.97, 1)
    expect(trials).to.be.at.most(12)
  })

  it('finds nothing if every rate loses data', async () =>
    expect(await highestRate(0.4, async gbps => ({ gbps, loss: 0.01 }))).to.equal(undefined))
})

describe('verdict on the data plane', () => {
  const row = (name: string, gbps: number, coreSeconds = 0.2): Row => ({
    name,
    gbps,
    coreSeconds: { sender: coreSeconds, relay: coreSeconds },
    kernelSeconds: { sender: coreSeconds / 2, relay: coreSeconds / 4 },
    residentMb: {},
    roundsGbps: [gbps],
    roundsCoreSeconds: [2 * coreSeconds],
  })
  const rows = {
    ...{ mmsg: row('mmsg', 4), dgram: row('dgram', 1.5), socat: row('socat', 1.4), iperf3: row('iperf3', 3.9) },
    ...{ bare: row('bare', 6, 0.15), offload: row('offload', 8, 0.14) },
  }

  it('compares every figure with its bound', () => {
    expect(verdictOf(criteriaOf(rows))).to.include({ ok: true })
    const of = (more: Partial<typeof rows>) => verdictOf(criteriaOf({ ...rows, ...more }))
    expect(of({ iperf3: row('iperf3', 5) }).line).to.include('iperf3 direct 0.80 (NOT ≥ 1)')
    expect(of({ dgram: row('dgram', 2.5) }).line).to.include('mmsg / dgram 1.60 (NOT ≥ 2)')
    expect(of({ mmsg: row('mmsg', 4, 0.3) }).line).to.include('bare calls 2.00 (NOT ≤ 1.7)')
    expect(of({ offload: row('offload', 8, 0.18) }).line).to.include('with offload 1.20 (NOT ≤ 1)')
    expect(of({ socat: row('socat', 1.6) }).line).to.include('dgram / socat 0.94 (NOT ≥ 1)')
  })

  it('compares the rows of each round with each other, and leaves out a round in which one carried nothing', () => {
    const rounds = (name: string, roundsCoreSeconds: number[]): Row => ({ ...row(name, 4), roundsCoreSeconds })
    const slowSecondRound = { mmsg: rounds('mmsg', [0.6, 1.2, 0.9]), bare: rounds('bare', [0.5, 1, 0]) }
    expect(verdictOf(criteriaOf({ ...rows, ...slowSecondRound })).line).to.include('bare calls 1.20 (≤ 1.7)')
  })

  it('fails if a figure is missing', () => {
    const { ok, line } = verdictOf(criteriaOf({ dgram: row('dgram', 1) }))
    expect(ok).to.equal(false)
    expect(line).to.include('– (NOT')
  })
})

describe('tables of the data plane', () => {
  it('give rates, rounds and costs in each row, and leave a missing figure blank', () => {
    const rows = {
      mmsg: {
        name: 'mmsg',
        gbps: 1.5,
        coreSeconds: { sender: 0.4, relay: 0.5, receiver: 0.2, verifying: 0.1 },
        kernelSeconds: { sender: 0.3, relay: 0.4, receiver: 0.1, verifying: 0 },
        residentMb: { sender: 141, relay: 115, receiver: 240 },
        roundsGbps: [1.4, 1.5, 1.6],
        roundsCoreSeconds: [1.2, 1.2, 1.2],
      },
      iperf3: {
        name: 'iperf3',
        gbps: 1.6,
        coreSeconds: { sender: 0.6, receiver: 0.3 },
        kernelSeconds: { sender: 0.5, receiver: 0.2 },
        residentMb: {},
        roundsGbps: [1.6, 1.6, 1.6],
        roundsCoreSeconds: [0.9, 0.9, 0.9],
      },
    }
    const text = dataplaneTables({
      bench: 'dataplane',
      ...{ date: '2026-01-02T03:04:05Z', machine: 'a machine', path: 'a path', seconds: 2 },
      ...{ rows, criteria: [], ok: true, verdict: 'all is well' },
    })
    expect(text).to.include('2026-01-02 with a machine; a path; trials of 2 s, each row the middle one of 3 rounds.')
    expect(text).to.include('**all is well**')
    expect(text).to.include('| mmsg | 1.50 | 1.40, 1.50, 1.60 | 141, 115, 240 |')
    expect(text).to.include('| mmsg | 1.20, 0.80 | 0.40, 0.30 | 0.50, 0.40 | 0.20, 0.10 | 0.10, 0.00 |')
    expect(text).to.include('| iperf3 UDP, no relay | 0.90, 0.70 | 0.60, 0.50 |  | 0.30, 0.20 |  |')
  })
})
