import { expect } from 'chai'
import { endMs, momentMs } from '../timeline.js'

const CLOCK = { genesisMs: 1_000_000, epochMs: 20_000, eraEpochs: 5 }
const PARAMS = { commitMs: 800, revealMs: 700, listMs: 500 }
const at = (moment: number | string) => momentMs(moment, CLOCK, PARAMS) - CLOCK.genesisMs

describe('the timeline of a scenario', () => {
  it('counts epochs from 1, with their parts', () => {
    expect(at(1)).to.equal(0)
    expect(at(2.5)).to.equal(30_000)
  })

  it('has the phases of the agreement after the epoch that they are about', () => {
    expect(['2 commit', '2 reveal', '2 list', '2 propose'].map(at)).to.deep.equal([40_000, 40_800, 41_500, 42_000])
  })

  it('ends a fault at a moment, after some seconds, or never', () => {
    const begin = 1_005_000
    expect(endMs({ to: 2 }, begin, CLOCK, PARAMS)).to.equal(1_020_000)
    expect(endMs({ for: 3 }, begin, CLOCK, PARAMS)).to.equal(1_008_000)
    expect(endMs({}, begin, CLOCK, PARAMS)).to.equal(undefined)
  })
})
