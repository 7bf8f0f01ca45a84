import { expect } from 'chai'
import fc from 'fast-check'
import { OFFERED_PERCENT } from '../../verdict/other-limit.js'
import { directShareKbps, maxShareKbps, neededSenders, shareKbps, turnKbps } from '../../verdict/share.js'
import { SeenSessions } from '../../wire/seen-sessions.js'
import { createForwarding, type Packet } from '../forwarding.js'
import { TokenBucket } from '../token-bucket.js'

const FROM = { session: 1, reserved: true, paid: false, opener: '', rateKbps: 1000, ageMs: 0 }
const PACKET: Packet = { bytes: Buffer.alloc(1200), length: 1200, ...FROM }

describe('token bucket', () => {
  it('passes its rate, and at once no more than it holds', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 50, maxLength: 500 })
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 50_000 }), gaps, (rateKbps, between) => {
        const capacity = (rateKbps * 50) / 8
        const bucket = new TokenBucket(rateKbps, capacity, 0)
        let nowMs = 0
        let taken = 0
        for (const gap of between) {
          nowMs += gap
          while (bucket.take(1228, nowMs)) taken += 1228
        }
        expect(taken).to.be.at.most(capacity + (rateKbps * nowMs) / 8 + 1e-6)
        expect(bucket.take(1228, nowMs - 1000), 'a clock that goes back fills nothing').to.equal(false)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the limiter', () => {
  it('forwards a faster stream at exactly its rate', () => {
    const { forward } = createForwarding({ limitKbps: 2_500 })
    let bytes = 0
    for (let ms = 0; ms < 4000; ms += 0.25) if (forward(PACKET, ms) === 'now') bytes += 1228
    expect((bytes * 8) / 4000).to.be.within(2_500, 2_500 * 1.02)
  })

  it('always holds at least one datagram', () => {
    const { forward } = createForwarding({ limitKbps: 10 })
    expect(forward(PACKET, 0)).to.equal('now')
    expect(forward(PACKET, 500)).to.equal('drop')
    expect(forward(PACKET, 1000)).to.equal('now')
  })
})

describe('shares', () => {
  it('let the senders that do their part offer 1.1 times the claim, for any k', () => {
    for (const k of [2, 3, 4, 5, 9]) {
      expect(neededSenders(k) * shareKbps(25_000, k)).to.be.within(27_500, 27_600)
      expect(shareKbps(25_000, k)).to.be.at.most(maxShareKbps(25_000))
    }
    expect(3 * shareKbps(25_000, 3)).to.equal(41_250)
  })

  it('let these senders offer more than a low vote needs, and ever less above it, at any claim', () => {
    const claims = fc.integer({ min: 1, max: 100_000_000 })
    fc.assert(
      fc.property(claims, claims, fc.integer({ min: 2, max: 16 }), (one, other, k) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        const marginOf = (claimKbps: number) => turnKbps(claimKbps) / claimKbps
        expect(neededSenders(k) * shareKbps(less, k)).to.be.at.least(turnKbps(less))
        expect(marginOf(less)).to.be.at.least((OFFERED_PERCENT + 1) / 100)
        // A share is rounded up to whole kbit/s.
        expect(marginOf(more)).to.be.at.most(marginOf(less) + 1 / more)
        expect(shareKbps(more, k), 'a higher claim never asks for less').to.be.at.least(shareKbps(less, k))
        expect(shareKbps(more, k)).to.be.at.most(maxShareKbps(more))
      }),
    )
    expect(turnKbps(100_000)).to.equal(110_000)
    expect(turnKbps(1_000_000)).to.equal(1_064_000)
  })

  it('let a direct probe show 1.15 times a reading below the slashing threshold, with no sender above its share', () => {
    for (const reading of [0, 2_500, 18_749, 25_000]) {
      const direct = directShareKbps(reading, 25_000, 3, neededSenders(3))
      expect(direct).to.be.within(1, shareKbps(25_000, 3))
      if (reading < 18_750) expect(neededSenders(3) * direct).to.be.at.least(1.15 * reading)
    }
  })
})

describe('seen sessions', () => {
  it('are remembered for a fixed time, and bounded in number', () => {
    const seen = new SeenSessions()
    expect(seen.add('a', 0)).to.equal(true)
    expect(seen.add('a', 599_999)).to.equal(false)
    expect(seen.add('a', 600_000)).to.equal(true)
    for (let i = 0; i < 8192; i++) seen.add(`other ${i}`, 600_001)
    expect(seen.add('a', 600_002), 'pushed out by a flood of others').to.equal(true)
  })
})
