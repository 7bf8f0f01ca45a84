import { expect } from 'chai'
import fc from 'fast-check'
import { PACE_BURST_MS, PACE_SHARE } from '../constants.js'
import { chooseLegs, startMs } from '../leg-choice.js'
import { FULL_IP_BYTES, Pace } from '../pace.js'

class Leg {
  carriedMs = 0
  sent = 0
  readonly #pace: Pace

  constructor(
    readonly rateKbps: number,
    readonly isUsable = true,
  ) {
    this.#pace = new Pace(rateKbps, 0)
  }

  waitMs(nowMs: number): number {
    return this.isUsable ? this.#pace.waitMs(nowMs) : Number.POSITIVE_INFINITY
  }

  send(bytes: number, nowMs: number): void {
    this.#pace.spend(bytes, nowMs)
    this.carriedMs += (8 * bytes) / this.rateKbps
    this.sent += bytes
  }
}

/** Sends as much as the legs take, for so long. */
function run(mode: 'spread' | 'standby' | 'copies', legs: readonly Leg[], ms: number): void {
  for (let nowMs = 0; nowMs <= ms; ) {
    const { legs: chosen, waitMs } = chooseLegs(mode, legs, nowMs)
    for (const leg of chosen) leg.send(FULL_IP_BYTES, nowMs)
    if (chosen.length === 0) nowMs += Math.max(waitMs, 1e-6)
  }
}

const rates = fc.array(fc.integer({ min: 500, max: 500_000 }), { minLength: 1, maxLength: 8 })
const granted = (rateKbps: number, ms: number) => (rateKbps * ms) / 8
const burst = (rateKbps: number) => Math.max(granted(rateKbps, PACE_BURST_MS), 4 * FULL_IP_BYTES)

describe('the choice of legs', () => {
  it('keeps each leg at its grant, and uses all of it, in mode spread', () => {
    fc.assert(
      fc.property(rates, some => {
        const legs = some.map(rate => new Leg(rate))
        run('spread', legs, 200)
        for (const { sent, rateKbps } of legs) {
          expect(sent).to.be.at.most(granted(rateKbps, 200) + burst(rateKbps) + 1)
          expect(sent).to.be.at.least(granted(rateKbps, 200) - FULL_IP_BYTES)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('in mode spread shares in proportion to the grants if there is less to send', () => {
    const legs = [new Leg(10_000), new Leg(30_000), new Leg(60_000)]
    for (let i = 0; i < 1000; i++) for (const leg of chooseLegs('spread', legs, i).legs) leg.send(FULL_IP_BYTES, i)
    expect(legs.map(({ sent }) => Math.round((10 * sent) / (1000 * FULL_IP_BYTES)))).to.deep.equal([1, 3, 6])
  })

  it('in mode standby takes the first that can, and waits for that one', () => {
    const legs = [new Leg(1000, false), new Leg(1000), new Leg(100_000)]
    run('standby', legs, 100)
    expect(legs[0]!.sent).to.equal(0)
    expect(legs[1]!.sent).to.be.at.least(granted(1000, 100))
    expect(legs[2]!.sent).to.equal(0)
  })

  it('in mode copies takes all that can, at the pace of the slowest', () => {
    const legs = [new Leg(2000), new Leg(100_000), new Leg(100_000, false)]
    run('copies', legs, 100)
    expect(legs[0]!.sent)
      .to.equal(legs[1]!.sent)
      .and.at.most(granted(2000, 100) + burst(2000) + 1)
    expect(legs[2]!.sent).to.equal(0)
  })

  it('finds none if none can carry anything', () => {
    for (const mode of ['spread', 'standby', 'copies'] as const) {
      for (const legs of [[], [new Leg(1000, false)]]) {
        expect(chooseLegs(mode, legs, 0)).to.deep.equal({ legs: [], waitMs: Number.POSITIVE_INFINITY })
      }
    }
  })

  it('starts a new leg beside the others, so that it does not carry alone', () => {
    const old = new Leg(10_000)
    old.send(1_000_000, 0)
    expect(startMs([old])).to.equal(800)
    expect(startMs([])).to.equal(0)
  })

  it('lets pings go before the pace, and makes up for them', () => {
    const pace = new Pace(1000, 0)
    pace.spend(10_000, 0)
    expect(pace.waitMs(0)).to.be.closeTo((10_000 + FULL_IP_BYTES - 4 * FULL_IP_BYTES) / (125 * PACE_SHARE), 1e-6)
  })
})
