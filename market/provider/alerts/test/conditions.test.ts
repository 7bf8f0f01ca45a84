import { expect } from 'chai'
import * as fc from 'fast-check'
import { conditionsOf, forgetGrown, newsOf, rememberTold, type Thresholds, type Told } from '../conditions.js'
import { nextStanding, type ReportedLeaf, type Standing, settled } from '../standing.js'

const leaf = (epoch: number, change: Partial<ReportedLeaf> = {}): ReportedLeaf => ({
  ...{ epoch, scoreBps: 9000, breachBits: 0, rateKbps: 25_000, penaltyBps: 0 },
  ...change,
})
const THRESHOLDS: Thresholds = { scoreUnderBps: 8000, unmeasuredFor: 3 }

/** What is told of leaf after leaf. */
function toldOf(leaves: readonly ReportedLeaf[], thresholds = THRESHOLDS): string[] {
  let standing: Standing | undefined
  let told: Told = {}
  return leaves.flatMap(one => {
    standing = nextStanding(standing, one)
    const active = conditionsOf(standing, thresholds, told)
    told = forgetGrown(told, active)
    return newsOf(active, told, standing).map(news => {
      told = rememberTold(told, news)
      return `${one.epoch} ${news.event} ${news.key} ${news.level}`
    })
  })
}

describe('what an operator is told of a provider', () => {
  it('tells of each breach before the third, once, and of the end once', () => {
    const bits = [0b1, 0b11, 0b110, 0b1100, 0b11000, 0b10000, 0b00001, 0]
    expect(toldOf(bits.map((breachBits, i) => leaf(i + 1, { breachBits })))).to.deep.equal([
      ...['1 alert breach 1', '2 alert breach 2', '8 recovery breach 0'],
    ])
  })

  it('tells again of a second breach after one was forgotten', () => {
    const bits = [0b11, 0b10000, 0b00001, 0b00011]
    expect(toldOf(bits.map((breachBits, i) => leaf(i + 1, { breachBits })))).to.deep.equal([
      ...['1 alert breach 2', '4 alert breach 2'],
    ])
  })

  it('tells of a score that goes up and down about the threshold once', () => {
    const scores = [8100, 7990, 8010, 7990, 8090, 8100, 8050]
    expect(toldOf(scores.map((scoreBps, i) => leaf(i + 1, { scoreBps })))).to.deep.equal([
      ...['2 alert score 1', '6 recovery score 0'],
    ])
  })

  it('counts reports without a rate in a row', () => {
    const rates = [null, null, 25_000, null, null, null, null, 1]
    expect(toldOf(rates.map((rateKbps, i) => leaf(i + 1, { rateKbps })))).to.deep.equal([
      ...['6 alert unmeasured 1', '8 recovery unmeasured 0'],
    ])
    expect(toldOf([leaf(1, { rateKbps: null, scoreBps: 0 })], { scoreUnderBps: undefined, unmeasuredFor: undefined }))
      .to.be.empty
  })

  it('keeps a penalty until it is taken, or nobody can be expected to take it', () => {
    const due = nextStanding(nextStanding(undefined, leaf(4, { penaltyBps: 866 })), leaf(5))
    expect(conditionsOf(due, THRESHOLDS, {})[0]!.text).to.include('8.7 % of the stake, of epoch 4')
    expect(settled(due, [3], 30).penalties).to.have.length(1)
    expect(settled(due, [4], 30).penalties).to.deep.equal([])
    expect(settled(nextStanding(due, leaf(35)), [], 30).penalties).to.deep.equal([])
  })

  it('never tells the same twice in a row, and ends every alert once all is well', () => {
    const anyLeaf = fc.record({
      scoreBps: fc.integer({ min: 0, max: 10_000 }),
      breachBits: fc.integer({ min: 0, max: 31 }),
      rateKbps: fc.option(fc.integer({ min: 0, max: 25_000 })),
    })
    fc.assert(
      fc.property(fc.array(anyLeaf, { maxLength: 40 }), leaves => {
        const told = toldOf([...leaves, leaf(0)].map((one, i) => leaf(i + 1, { ...one })))
        const open = new Map<string, number>()
        for (const [, event, key, level] of told.map(one => one.split(' ') as [string, string, string, string])) {
          if (event === 'recovery') expect(open.delete(key)).to.equal(true)
          else open.set(key, Number(level))
        }
        expect([...open.keys()]).to.deep.equal([])
      }),
    )
  })
})
