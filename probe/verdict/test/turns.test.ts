import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { soakDataMs, togetherMs } from '../../constants.js'
import { sentRateKbps } from '../hoarding.js'
import { bytesIn, maxShareKbps, shareKbps, soakKbps, toleratedSenders, turnKbps } from '../share.js'
import { bytesOf, middleTurn, phasesOf, turnOf, turnSpans } from '../turns.js'

const soaks = fc.record({
  soakMs: fc.integer({ min: 1_000, max: 14_000 }),
  k: fc.integer({ min: 1, max: 7 }),
  claimKbps: fc.integer({ min: 1_000, max: 1_000_000 }),
})

describe('turns', () => {
  it('follow one another in the second half, all of the same length', () => {
    fc.assert(
      fc.property(soaks, ({ soakMs, k }) => {
        const turns = Array.from({ length: k }, (_, slot) => turnOf(soakMs, k, slot))
        expect(turns[0]!.fromMs).to.equal(soakMs / 2)
        expect(turns.at(-1)!.toMs).to.be.closeTo(soakMs, 1e-6)
        for (const [i, { fromMs, toMs }] of turns.entries()) {
          expect(toMs - fromMs).to.be.closeTo(soakMs / 2 / k, 1e-6)
          if (i > 0) expect(fromMs).to.be.closeTo(turns[i - 1]!.toMs, 1e-6)
        }
      }),
    )
  })

  it('let each sender send alone, faster than the claim, and never faster than a relay allows', () => {
    fc.assert(
      fc.property(soaks, ({ soakMs, k, claimKbps }) => {
        const [together, turn] = phasesOf(soakMs, claimKbps, k, k - 1)
        expect(together).to.include({ run: 'main', fromMs: 0, toMs: togetherMs(soakMs) })
        expect(turn!.rateKbps).to.be.at.least(1.06 * claimKbps + 0.04 * Math.min(claimKbps, 100_000) - 1e-6)
        expect(soakKbps(claimKbps, k)).to.be.at.most(maxShareKbps(claimKbps))
        const bytes = bytesIn(shareKbps(claimKbps, k), soakMs / 2) + bytesIn(turnKbps(claimKbps), soakMs / 2 / k)
        expect(bytesOf([together!, turn!])).to.be.closeTo(bytes, 1)
      }),
    )
  })

  it('have a reading within the turn, of at least eight windows, that ends within the session', () => {
    fc.assert(
      fc.property(soaks, fc.double({ min: 0, max: 5_000, noNaN: true }), ({ soakMs, k }, rttMs) => {
        const spans = turnSpans(soakMs, k, rttMs)
        for (const [slot, { fromMs, span }] of spans.entries()) {
          const turn = turnOf(soakMs, k, slot)
          expect(fromMs).to.equal(turn.fromMs)
          expect(fromMs + span.discardMs + span.measureMs).to.be.below(turn.toMs)
          expect(span.measureMs / (turn.toMs - turn.fromMs)).to.be.at.least(0.6)
          expect(span.measureMs / span.windowMs!).to.be.closeTo(8, 1e-6)
          expect(fromMs + span.waitMs! + span.discardMs + span.measureMs).to.be.below(soakDataMs(soakMs))
        }
      }),
    )
    const [{ span }] = turnSpans(10_000, 3, 20) as [ReturnType<typeof turnSpans>[number]]
    expect(span).to.deep.include({ discardMs: 200 })
    expect(span.measureMs).to.be.closeTo(1366.7, 0.1)
    expect(turnSpans(10_000, 3, 150)[0]!.span.discardMs).to.equal(300)
  })

  it('have a middle that f′ turns cannot move beyond the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 7 }),
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 7, maxLength: 7 }),
        (turns, lies) => {
          const f = toleratedSenders(turns.length)
          const honest = turns.slice(f)
          const middle = middleTurn([...lies.slice(0, f), ...honest], value => value)
          expect(middle).to.be.within(Math.min(...honest), Math.max(...honest))
        },
      ),
    )
  })

  it('credit data that was held back and mixed only at the rate at which it was sent', () => {
    // 1000 datagrams are sent over 1.6 s, and six in ten arrive, at whatever time.
    const sentMs = Array.from({ length: 1000 }, (_, i) => 1.6 * i).filter((_, i) => i % 10 < 6)
    const carried = (600 * IP_DATAGRAM_BYTES * 8) / 1600
    for (const arrivedMs of [sentMs, sentMs.map(() => 5_000), sentMs.toReversed()]) {
      expect(sentRateKbps(sentMs.length, { sentMs, arrivedMs }, IP_DATAGRAM_BYTES)).to.be.closeTo(
        carried,
        0.01 * carried,
      )
    }
    expect(sentRateKbps(1, { sentMs: [5], arrivedMs: [9] }, IP_DATAGRAM_BYTES)).to.equal(0)
    // In a long flow, a sample of the transits stands for all.
    const some = sentMs.filter((_, i) => i % 3 === 0)
    expect(sentRateKbps(600, { sentMs: some, arrivedMs: some }, IP_DATAGRAM_BYTES)).to.be.closeTo(
      carried,
      0.01 * carried,
    )
  })
})
