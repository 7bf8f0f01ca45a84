/** What a new account is worth to whoever has a record already. Both accounts serve alike from then on. */
import { expect } from 'chai'
import fc from 'fast-check'
import { PARAMS } from '../../test/samples.js'
import { type EndedWindow, NEWCOMER, nextStanding, type Standing } from '../standing.js'

const TICKS = 24
/** Windows in which a slashed provider gains nothing by a new account. */
const WASHED_WINDOWS = 2 * PARAMS.halfLifeWindows

const served = (bps: number, up = TICKS): EndedWindow => ({
  measured: { rateKbps: bps, claimKbps: 10_000 },
  ticks: { up, total: TICKS },
})
const kept = served(10_000)
/** A provider is first measured in the window after the one in which it registered. */
const registers: EndedWindow = { measured: undefined, ticks: { up: 0, total: 0 } }

const times = (count: number, window: EndedWindow): EndedWindow[] => new Array<EndedWindow>(count).fill(window)
const standings = (before: Standing, windows: readonly EndedWindow[], params = PARAMS): Standing[] => {
  let standing = before
  return windows.map(window => (standing = nextStanding(standing, window, params)))
}
const lastOf = (windows: readonly EndedWindow[], params = PARAMS) => standings(NEWCOMER, windows, params).at(-1)!
const scores = (all: readonly Standing[]) => all.map(({ scoreBps }) => scoreBps)
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

const anyMeasured = fc.tuple(fc.nat(10_000), fc.nat(TICKS)).map(([bps, up]) => served(bps, up))
const idle: EndedWindow = { ...registers, ticks: { up: TICKS, total: TICKS } }

describe('a new account', () => {
  it('starts at T = 0, U = 0 and R = 0', () => {
    expect(NEWCOMER).to.include({ throughputQ32: 0, throughputSumQ32: 0, uptimeBps: 0, scoreBps: 0, tier: 0 })
  })

  it('never has a higher score than an old one that kept its claim, whatever both serve while they are measured', () => {
    const future = fc.array(anyMeasured, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        future,
        fc.integer({ min: 1, max: 50 }),
        (age, windows, halfLife) => {
          const params = { ...PARAMS, halfLifeWindows: halfLife }
          const old = standings(lastOf(times(age, kept), params), windows, params)
          const fresh = standings(NEWCOMER, windows, params)
          for (const [i, { scoreBps }] of fresh.entries()) expect(scoreBps).to.be.at.most(old[i]!.scoreBps + 1)
        },
      ),
    )
  })

  it('that is idle as long as an old one is ahead once both are measured again, and not in all', () => {
    const future = [...times(16, idle), ...times(8, kept)]
    const [old, fresh] = [scores(standings(lastOf(times(60, kept)), future)), scores(standings(NEWCOMER, future))]
    expect([old[17], fresh[17]]).to.deep.equal([5_309, 8_104])
    expect(sum(fresh)).to.be.below(sum(old))
  })

  for (const halfLifeWindows of [7, 8]) {
    it(`attack: a slashed provider registers anew, and gains nothing by it in two half-lives of ${halfLifeWindows}`, () => {
      const params = { ...PARAMS, halfLifeWindows }
      const breaches = fc.array(fc.nat(7_499), { minLength: 3, maxLength: 3 })
      fc.assert(
        fc.property(breaches, fc.integer({ min: 5 * halfLifeWindows, max: 200 }), (bps, age) => {
          const slashed = lastOf([...times(age, kept), ...bps.map(one => served(one))], params)
          for (let count = 1; count <= WASHED_WINDOWS; count++) {
            const stays = standings(slashed, times(count, kept), params)
            const washes = standings(NEWCOMER, [registers, ...times(count - 1, kept)], params)
            expect(sum(scores(washes))).to.be.below(sum(scores(stays)))
          }
        }),
        { numRuns: 30 },
      )
    })
  }

  it('attack: registers anew to be rid of two breaches, and has a lower score while serving would have made them old', () => {
    const held = lastOf([...times(40, kept), served(0), served(0)])
    const stays = scores(standings(held, times(3, kept)))
    const washes = scores(standings(NEWCOMER, [registers, ...times(2, kept)]))
    for (const [i, score] of washes.entries()) expect(score).to.be.below(stays[i]!)
  })
})
