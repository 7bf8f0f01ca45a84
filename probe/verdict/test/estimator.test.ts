import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES as BYTES } from '../../../proto/datagram.js'
import { type Estimate, Estimator } from '../estimator.js'
import type { FixedSpan } from '../spans.js'

interface Play {
  readonly rttMs?: number
  readonly fixed?: FixedSpan
  /** time from which on the control datagrams suffice */
  readonly controlMs?: number
  readonly yieldMs?: number
}

/**
 * Feeds arrivals (ms from the start, ascending) to an estimator, and asks every 10 ms whether the estimator is done.
 */
function play(claimKbps: number, arrivals: Iterable<number>, options: Play = {}): Estimate & { endMs: number } {
  const { rttMs = 1, fixed, controlMs = 0, yieldMs = 1000 } = options
  const estimator = new Estimator(0, {
    claimKbps,
    thresholdKbps: 0.75 * claimKbps,
    rttMs,
    yieldMs,
    fixed,
  })
  let lookMs = 0
  const isDoneBefore = (ms: number): boolean => {
    for (; lookMs < ms; lookMs += 10) if (estimator.isDone(lookMs, lookMs >= controlMs)) return true
    return false
  }
  for (const ms of arrivals) {
    if (isDoneBefore(ms)) break
    estimator.push(ms, BYTES)
  }
  isDoneBefore(20_000)
  return { ...estimator.result(), endMs: lookMs }
}

/** Arrivals at a rate that may change with time, in bursts of `burst` at once. */
function* at(rateKbps: (ms: number) => number, burst = 1, forMs = 3000): Generator<number> {
  let ms = 0
  while (ms < forMs) {
    for (let i = 0; i < burst; i++) yield ms
    ms += (burst * BYTES * 8) / rateKbps(ms)
  }
}

const near = (kbps: number, expected: number, share: number): void => {
  expect(kbps).to.be.within(expected * (1 - share), expected * (1 + share))
}

const claims = fc.integer({ min: 5_000, max: 200_000 })

describe('estimator', () => {
  it('reads a constant rate, at any claim and any part of the claim', () => {
    fc.assert(
      fc.property(claims, fc.double({ min: 0.1, max: 1.65, noNaN: true }), (claimKbps, share) => {
        near(
          play(
            claimKbps,
            at(() => claimKbps * share),
          ).rateKbps,
          claimKbps * share,
          0.005,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('is not misled by bursts', () => {
    fc.assert(
      fc.property(claims, fc.double({ min: 1, max: 12, noNaN: true }), (claimKbps, burstMs) => {
        const burst = Math.max(1, Math.round((claimKbps * burstMs) / 8 / BYTES))
        near(
          play(
            claimKbps,
            at(() => claimKbps, burst),
          ).rateKbps,
          claimKbps,
          0.03,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('reads the true rate of a relay that is silent half of the time, not twice that rate', () => {
    const arrivals = [...at(() => 20_000)].filter(ms => Math.floor(ms / 25) % 2 === 0)
    near(play(20_000, arrivals).rateKbps, 10_000, 0.05)
  })

  it('stops early if the claim is beyond doubt, and otherwise at the end of its time', () => {
    fc.assert(
      fc.property(claims, fc.double({ min: 0.05, max: 1.65, noNaN: true }), (claimKbps, share) => {
        const { endMs, windows } = play(
          claimKbps,
          at(() => claimKbps * share),
        )
        const windowMs = Math.max(50, 960_000 / claimKbps)
        expect(endMs).to.be.at.most(share < 0.76 ? Math.max(1400, 400 + 8 * windowMs) : 1400)
        expect(windows).to.be.at.least(4)
        if (share >= 1.1) expect(windows).to.be.at.most(10)
      }),
      { numRuns: 60 },
    )
  })

  it('takes the rate after a drop within its time, when a token bucket ran empty', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 220, max: 540 }),
        fc.double({ min: 0.1, max: 0.75, noNaN: true }),
        (dropMs, share) => {
          const rate = (ms: number) => (ms < dropMs ? 20_000 : 20_000 * share)
          near(play(25_000, at(rate)).rateKbps, 20_000 * share, 0.03)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('ignores one window that is low because the machine paused', () => {
    const arrivals = [...at(() => 20_000)].map(ms => (ms >= 500 && ms < 545 ? 545 : ms))
    near(play(25_000, arrivals).rateKbps, 20_000, 0.02)
  })

  it('never reads more than the fastest arrivals, or less than zero', () => {
    const gaps = fc.array(fc.double({ min: 0.05, max: 30, noNaN: true }), { minLength: 1, maxLength: 2000 })
    fc.assert(
      fc.property(claims, gaps, (claimKbps, between) => {
        let ms = 0
        const arrivals = between.map(gap => (ms += gap))
        const { rateKbps } = play(claimKbps, arrivals)
        expect(rateKbps).to.be.at.least(0)
        expect(rateKbps).to.be.at.most((BYTES * 8) / Math.min(...between) + 1e-6)
      }),
      { numRuns: 100 },
    )
  })

  it('counts windows without arrivals as zero', () => {
    const once = play(20_000, [5])
    expect(once.rateKbps).to.equal(0)
    expect(once.windows).to.be.at.least(8)
    near(
      play(
        20_000,
        at(() => 20_000, 1, 400),
      ).rateKbps,
      0,
      0,
    )
  })

  it('discards four round trips, so that the queue of a long path has settled', () => {
    const { fromMs } = play(
      20_000,
      at(() => 30_000),
      { rttMs: 80 },
    )
    expect(fromMs).to.equal(320)
    const long = play(
      20_000,
      at(ms => (ms < 600 ? 1 : 30_000)),
      { rttMs: 600 },
    )
    expect(long.toMs).to.be.at.most(3_000)
  })

  it('stays within its budget of data at a large claim over a long path', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300_000, max: 1_100_000 }),
        fc.integer({ min: 1, max: 150 }),
        fc.constantFrom(1, 1.05),
        (claimKbps, rttMs, ripple) => {
          // The limit of 80 MB includes the data during the halt. With a ripple the reading never becomes precise.
          const rate = (ms: number) => 0.95 * claimKbps * (Math.floor(ms / 50) % 2 === 0 ? ripple : 2 - ripple)
          const { rateKbps, windows, endMs } = play(claimKbps, at(rate, 64), { rttMs })
          near(rateKbps, 0.95 * claimKbps, 0.06)
          expect(windows).to.be.at.least(4)
          expect(((endMs + rttMs) * 0.95 * claimKbps) / 8).to.be.at.most(84e6)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('does not take a fast beginning for the rate, whichever window the beginning ends in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 250, max: 548 }),
        fc.double({ min: 0.1, max: 0.87, noNaN: true }),
        (dropMs, share) => {
          const { rateKbps } = play(
            25_000,
            at(ms => (ms < dropMs ? 40_000 : 40_000 * share)),
          )
          near(rateKbps, 40_000 * share, 0.03)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('goes on with a low reading while evidence is short, and never with a reading that is not low', () => {
    fc.assert(
      fc.property(
        claims,
        fc.double({ min: 0.05, max: 1.5, noNaN: true }),
        fc.nat(8_000),
        (claimKbps, share, controlMs) => {
          const rate = () => claimKbps * share
          const hurried = play(claimKbps, at(rate, 1, 9000))
          const patient = play(claimKbps, at(rate, 1, 9000), { controlMs })
          near(patient.rateKbps, claimKbps * share, 0.01)
          if (share >= 0.76) expect(patient.endMs).to.equal(hurried.endMs)
          if (share > 0.74) return
          const windowMs = (patient.toMs - patient.fromMs) / patient.windows
          expect(patient.endMs).to.be.within(hurried.endMs, Math.max(hurried.endMs, 4_000 + windowMs))
          if (controlMs < 4_000 - windowMs) expect(patient.endMs).to.be.at.least(controlMs)
        },
      ),
      { numRuns: 80 },
    )
  })

  it('does not take a stall for a low rate, and bases every low reading on eight windows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 250, max: 1_150 }), fc.integer({ min: 60, max: 190 }), (fromMs, forMs) => {
        const stalled = [...at(() => 20_000)].filter(ms => ms < fromMs || ms >= fromMs + forMs)
        expect(play(25_000, stalled).rateKbps).to.be.at.least(0.75 * 25_000)
        const rate = (ms: number) => (ms < fromMs ? 40_000 : 10_000)
        const low = play(25_000, at(rate))
        if (low.rateKbps < 0.75 * 25_000) expect(low.windows).to.be.at.least(8)
      }),
      { numRuns: 100 },
    )
  })

  const LAST_HALF: FixedSpan = { discardMs: 5_000, measureMs: 5_000 }

  it('reads a fixed span, whatever came before the span', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_900 }), fc.double({ min: 0.1, max: 1, noNaN: true }), (dropMs, share) => {
        const rate = (ms: number) => (ms < dropMs ? 40_000 : 40_000 * share)
        const soak = play(25_000, at(rate, 1, 11_000), { fixed: LAST_HALF, controlMs: 20_000 })
        near(soak.rateKbps, 40_000 * share, 0.01)
        expect(soak.fromMs).to.be.closeTo(5_000, 60)
        expect(soak.endMs).to.be.closeTo(10_000, 60)
      }),
      { numRuns: 20 },
    )
  })

  it('reads in a fixed span the mean rate of a relay that pauses for nearly half of the time, not its pulses', () => {
    const pulses = [...at(() => 20_000, 1, 11_000)].filter(ms => ms % 600 < 330)
    expect(play(25_000, pulses, { fixed: LAST_HALF }).rateKbps).to.be.within(10_500, 12_500)
  })

  it('counts a turn from its first datagram, however late, and has enough windows at any claim', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 990 }), fc.integer({ min: 1_000, max: 100_000 }), (lateMs, claimKbps) => {
        const fixed = { discardMs: 200, measureMs: 1360, waitMs: 1000, windowMs: 170 }
        const turn = play(
          claimKbps,
          [...at(() => 0.6 * claimKbps, 1, 1660)].map(ms => ms + lateMs),
          { fixed },
        )
        near(turn.rateKbps, 0.6 * claimKbps, 0.06)
        expect(turn.windows).to.be.at.least(7)
        expect(turn.fromMs).to.be.closeTo(lateMs + 200, 1e-6)
      }),
      { numRuns: 50 },
    )
    expect(play(25_000, [], { fixed: { discardMs: 200, measureMs: 400, waitMs: 1000 } })).to.include({
      rateKbps: 0,
      fromMs: 1200,
    })
  })

  it('stays done', () => {
    const estimator = new Estimator(0, { claimKbps: 25_000, thresholdKbps: 18_750, rttMs: 1, yieldMs: 1000 })
    for (const ms of at(() => 10_000, 1, 1_300)) estimator.push(ms, BYTES)
    expect(estimator.isDone(1_300, true)).to.equal(true)
    const before = estimator.result()
    for (const ms of at(() => 90_000, 1, 500)) estimator.push(1_300 + ms, BYTES)
    expect(estimator.isDone(2_000, false)).to.equal(true)
    expect(estimator.result()).to.deep.equal(before)
  })
})
