import { expect } from 'chai'
import type { Outcome } from '../../../../probe/index.js'
import { rowOf } from '../rows.js'

const measurement = { rateKbps: 7500, receivedBytes: 2e6 } as Extract<Outcome, { kind: 'verified' }>['measurement']

describe('a row of bench justice', () => {
  it('gives rates as shares of the claim', () => {
    const outcome: Outcome = { kind: 'at-least', measurement, reason: 'unstable' }
    expect(rowOf({ outcome, passedKbps: 14_000, lagMs: 4, pausedShare: 0, tookMs: 1500 }, 10_000)).to.deep.equal({
      ...{
        outcome: 'at-least',
        reason: 'unstable',
        reading: 0.75,
        passed: 1.4,
        megabytes: 2,
        seconds: 1.5,
        lagMs: 4,
        pausedShare: 0,
      },
    })
  })

  it('has no rate without a reading, or without a count', () => {
    const dead = rowOf(
      { outcome: { kind: 'dead', granted: 3 }, passedKbps: 0, lagMs: 0, pausedShare: 0, tookMs: 1 },
      10_000,
    )
    expect(dead).to.include({ outcome: 'dead', reason: null, reading: null, passed: null, megabytes: 0 })
    const uncounted = rowOf(
      { outcome: { kind: 'under', measurement }, passedKbps: undefined, lagMs: 0, pausedShare: 0, tookMs: 1 },
      10_000,
    )
    expect(uncounted).to.include({ reading: 0.75, passed: null })
  })
})
