import { expect } from 'chai'
import type { Outcome } from '../../../../probe/index.js'
import type { SessionFigures } from '../session-figures.js'
import { bothTries } from '../tries.js'

const measurement = (rateKbps: number) =>
  ({ rateKbps, receivedBytes: 1e6 }) as Extract<Outcome, { kind: 'verified' }>['measurement']
const verified: Outcome = { kind: 'verified', measurement: measurement(10_000) }
const under: Outcome = { kind: 'under', measurement: measurement(6000) }
const dead: Outcome = { kind: 'dead', granted: 3 }

describe('the tries of bench justice', () => {
  const figures = (outcome: Outcome, more: Partial<SessionFigures> = {}): SessionFigures => ({
    ...{ outcome, passedKbps: 14_000, lagMs: 1, pausedShare: 0, tookMs: 1000, warned: false },
    ...more,
  })
  const tried = (...some: SessionFigures[]) => bothTries(async n => some[n]!, 0)

  it('are one where the first shows that the claim is kept', async () => {
    expect(await tried(figures(verified))).to.deep.equal({ voted: figures(verified), first: undefined })
  })

  it('blame the provider only for what both show', async () => {
    for (const bad of [under, dead]) {
      const { voted, first } = await tried(figures(bad), figures(verified))
      expect(voted.outcome).to.equal(verified)
      expect(first!.outcome).to.equal(bad)
    }
    expect((await tried(figures(under), figures(under))).voted.outcome.kind).to.equal('under')
    expect((await tried(figures(dead), figures(under))).voted.outcome.kind).to.equal('under')
  })

  it('count the worse pause of both, and the time of both', async () => {
    const { voted } = await tried(figures(under, { lagMs: 90, pausedShare: 0.1 }), figures(under, { lagMs: 150 }))
    expect(voted).to.include({ lagMs: 150, pausedShare: 0.1, tookMs: 2000 })
  })

  it('warned the provider if one of them did', async () => {
    const warned = { warned: true }
    expect((await tried(figures(under, warned), figures(verified))).voted).to.include(warned)
    expect((await tried(figures(under), figures(under, warned))).voted).to.include(warned)
    expect((await tried(figures(under), figures(under))).voted).to.include({ warned: false })
    const unseen = { warned: undefined }
    expect((await tried(figures(under, unseen), figures(under, unseen))).voted).to.include(unseen)
  })

  it('stop after a first that starved: the bench repeats it anyway', async () => {
    expect((await tried(figures(under, { lagMs: 150 }))).first).to.equal(undefined)
  })
})
