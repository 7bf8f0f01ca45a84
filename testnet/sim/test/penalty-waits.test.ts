import { expect } from 'chai'
import fc from 'fast-check'
import { DEVNET } from '../../../proto/params.js'
import { NO_BREACH, nextBreachState } from '../../../verifier/core/scoring/breach.js'
import { Chance } from '../chance.js'
import { windowsToPenalty } from '../penalty-waits.js'

const CLAIM_KBPS = 1000

/** Windows to the penalty by core's own rule, with the outcomes of windows drawn one by one. */
function waited(breach: number, kept: number, chance: Chance): number {
  let held = NO_BREACH
  for (let windows = 1; ; windows++) {
    const drawn = chance.unit()
    const isBreach = drawn < breach
    const isKept = !isBreach && drawn < breach + kept
    const rateKbps = isKept ? CLAIM_KBPS : 0
    const measured = isBreach || isKept ? { rateKbps, claimKbps: CLAIM_KBPS } : undefined
    const next = nextBreachState(held, { measured, breach: isBreach }, DEVNET)
    if (next.penaltyBps > 0) return windows
    held = next
  }
}

describe('the wait for a penalty', () => {
  it('is three windows if every window is a breach, and endless if none is', () => {
    expect(windowsToPenalty({ breach: 1, kept: 0 })).to.be.closeTo(3, 1e-9)
    expect(windowsToPenalty({ breach: 0, kept: 1 })).to.equal(Number.POSITIVE_INFINITY)
  })

  it('is three breaches long if windows that are no breach do not count', () => {
    expect(windowsToPenalty({ breach: 0.25, kept: 0 })).to.be.closeTo(12, 1e-9)
  })

  it('is as long as by core’s rule', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
        (breach, part, seed) => {
          const kept = part * (1 - breach)
          const chance = new Chance(`waits ${seed}`)
          const waits = Array.from({ length: 4000 }, () => waited(breach, kept, chance))
          const mean = waits.reduce((sum, one) => sum + one, 0) / waits.length
          const spread = Math.sqrt(waits.reduce((sum, one) => sum + (one - mean) ** 2, 0) / waits.length)
          expect(mean).to.be.closeTo(windowsToPenalty({ breach, kept }), (5 * spread) / Math.sqrt(waits.length) + 1e-9)
        },
      ),
      { numRuns: 20 },
    )
  })
})
