import { expect } from 'chai'
import type { Outcome } from '../../../../probe/index.js'
import { rowOf } from '../rows.js'

const measurement = { rateKbps: 7500, receivedBytes: 2e6 } as Extract<Outcome, { kind: 'verified' }>['measurement']

describe('a row of bench justice', () => {
  it('gives rates as shares of the claim', () => {
    const outcome: Outcome = { kind: 'at-least', measurement, reason: 'unstable' }
    expect(
      rowOf(
        {
          voted: { outcome, passedKbps: 14_000, lagMs: 4, pausedShare: 0, tookMs: 1500, warned: true },
          first: undefined,
        },
        10_000,
      ),
    ).to.deep.equal({
      ...{
        outcome: 'at-least',
        first: null,
        reason: 'unstable',
        reading: 0.75,
        passed: 1.4,
        megabytes: 2,
        seconds: 1.5,
        lagMs: 4,
        pausedShare: 0,
        warned: true,
      },
    })
  })

  it('has no rate without a reading, or without a count', () => {
    const rest = { lagMs: 0, pausedShare: 0, tookMs: 1, warned: undefined }
    const dead = { outcome: { kind: 'dead', granted: 3 }, passedKbps: 0, ...rest } as const
    const none = { first: null, reason: null, reading: null, passed: null, megabytes: 0, warned: null }
    expect(rowOf({ voted: dead, first: undefined }, 10_000)).to.include({ ...none, outcome: 'dead' })
    const under = { outcome: { kind: 'under', measurement }, passedKbps: undefined, ...rest } as const
    expect(rowOf({ voted: under, first: dead }, 10_000)).to.include({ reading: 0.75, passed: null, first: 'dead' })
  })
})
