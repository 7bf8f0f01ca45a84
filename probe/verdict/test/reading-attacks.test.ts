import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { FIRST_ARRIVAL_MS, STOP_MARGIN_MS } from '../../constants.js'
import { Estimator } from '../estimator.js'
import { hoardingFactor } from '../hoarding.js'
import { dropTail, type Link, policer } from './support/links.js'
import { CLAIM_KBPS, read, THRESHOLD_KBPS } from './support/sessions.js'

const BEFORE_MS = 4000
const DISCARD_MS = 200
const FULL_KBPS = CLAIM_KBPS / 0.7
/** One line, until `sinceMs` after the session's start another. */
const changing =
  (first: Link, then: Link, atMs: number): Link =>
  (bytes, ms) =>
    ms < BEFORE_MS + atMs ? first(bytes, ms) : then(bytes, ms)

const nothing: Link = () => undefined
const reading = (link: Link, yieldMs = 4000) => {
  const one = read(link, { beforeMs: BEFORE_MS, yieldMs })
  return { ...one, countedKbps: one.rateKbps * hoardingFactor(one.transits, one) }
}

describe('a reading, under attack', () => {
  it('ends before senders that take it for a soak stop sending together, however late the provider passes their data on', () => {
    const FLOW_MS = 6000
    for (const lateMs of [0, 500, 2900]) {
      for (const share of [0.6, 0.2]) {
        const estimator = new Estimator(0, {
          ...{ claimKbps: CLAIM_KBPS, thresholdKbps: THRESHOLD_KBPS, rttMs: 50, yieldMs: 4000, flowMs: FLOW_MS },
        })
        const gapMs = (IP_DATAGRAM_BYTES * 8) / (share * CLAIM_KBPS)
        let nowMs = lateMs
        // Without evidence from control datagrams it goes on for as long as it may.
        while (!estimator.isDone(nowMs, false)) {
          if (nowMs < lateMs + FLOW_MS) estimator.push(nowMs, IP_DATAGRAM_BYTES)
          nowMs += gapMs
        }
        const { rateKbps, toMs } = estimator.result()
        expect(rateKbps, `${share} after ${lateMs} ms`).to.be.closeTo(share * CLAIM_KBPS, 0.02 * CLAIM_KBPS)
        expect(toMs - estimator.sinceMs).to.be.within(4000, FLOW_MS - STOP_MARGIN_MS)
      }
    }
  })

  it('counts a provider that pauses and then spends what it saved by its mean, however long it pauses', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 3000 }),
        fc.double({ min: 0.3, max: 0.65, noNaN: true }),
        fc.boolean(),
        (pauseMs, share, isFirstSent) => {
          // A bucket that is empty at the start, and large. While the provider pauses, it fills.
          const kbps = share * CLAIM_KBPS
          const bucket = policer(kbps, 1e9)
          let saved = false
          let sent = 0
          const pauser: Link = (bytes, ms) => {
            if (!saved) {
              // Without tokens: take all that it holds.
              bucket(1e9, ms)
              saved = true
            }
            const isPause = ms < BEFORE_MS + pauseMs && !(isFirstSent && sent++ < 20)
            return isPause ? undefined : bucket(bytes, ms)
          }
          const { countedKbps, endMs } = reading(pauser)
          const credit = 20 * IP_DATAGRAM_BYTES * 8
          expect(countedKbps).to.be.at.most(1.06 * (kbps + credit / (endMs - pauseMs)))
        },
      ),
      { numRuns: 60, seed: 19 },
    )
  })

  it('falls to a token bucket’s rate if its credit is spent before the reading is precise', () => {
    for (const creditMs of [250, 400, 500]) {
      const bucket = changing(dropTail(FULL_KBPS, 50), dropTail(0.2 * CLAIM_KBPS, 50), creditMs)
      const { rateKbps, endMs } = reading(bucket)
      expect(rateKbps, `${creditMs} ms`).to.be.below(0.25 * CLAIM_KBPS)
      expect(endMs).to.be.at.most(8100)
    }
  })

  it('is not low if a competing flow yields late, or another begins for a while', () => {
    const low = () => dropTail(0.5 * CLAIM_KBPS, 50)
    const full = () => dropTail(FULL_KBPS, 50)
    for (const yieldsMs of [500, 1500, 3500])
      expect(reading(changing(low(), full(), yieldsMs)).rateKbps, `${yieldsMs} ms`).to.be.at.least(THRESHOLD_KBPS)
    const dip = changing(full(), changing(low(), full(), 2400), 400)
    expect(reading(dip).rateKbps).to.be.at.least(THRESHOLD_KBPS)
  })

  it('still rises at the end of its time, and goes on until the rate is known', () => {
    // A slow start: the rate doubles every second and a half.
    const rate = (ms: number) => Math.min(FULL_KBPS, 0.15 * CLAIM_KBPS * 2 ** ((ms - BEFORE_MS) / 1500))
    const { rateKbps, endMs } = reading(dropTail(rate, 50))
    expect(endMs).to.be.above(4300)
    expect(rateKbps).to.be.at.least(THRESHOLD_KBPS)
  })

  it('is that of the provider’s line, if the first data comes late, by up to 3 s', () => {
    for (const lateMs of [250, 1000, 2900, 3150]) {
      const late = (kbps: number): Link => {
        const link = dropTail(kbps, 50)
        return (bytes, ms) => {
          const leaves = link(bytes, ms)
          return leaves === undefined ? undefined : leaves + lateMs
        }
      }
      expect(reading(late(FULL_KBPS)).countedKbps, `${lateMs} ms`).to.be.at.least(THRESHOLD_KBPS)
      expect(reading(late(0.6 * CLAIM_KBPS)).countedKbps, `${lateMs} ms`).to.be.below(THRESHOLD_KBPS)
    }
  })

  it('ends a silent session soon after 3 s, and says that nothing may count any more', () => {
    const { rateKbps, endMs, windows } = reading(nothing)
    expect([rateKbps, windows]).to.deep.equal([0, 0])
    expect(endMs).to.be.within(FIRST_ARRIVAL_MS + DISCARD_MS, FIRST_ARRIVAL_MS + DISCARD_MS + 30)
    const estimator = new Estimator(0, {
      ...{ claimKbps: CLAIM_KBPS, thresholdKbps: THRESHOLD_KBPS, rttMs: 1, yieldMs: 1000 },
    })
    expect(estimator.isDone(3199, true)).to.equal(false)
    expect(estimator.isSilent).to.equal(false)
    expect(estimator.isDone(3200, false)).to.equal(true)
    expect(estimator.isSilent).to.equal(true)
  })

  it('waits for a single early datagram no longer than for windows at zero', () => {
    let sent = 0
    const one: Link = (_, ms) => (sent++ === 0 ? ms : undefined)
    const { rateKbps, toMs, sinceMs } = reading(one)
    expect(rateKbps).to.equal(0)
    expect(toMs - sinceMs).to.be.at.least(4000)
  })
})
