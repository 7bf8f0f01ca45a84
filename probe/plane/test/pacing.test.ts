import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { BURST_MS, CATCH_UP_MS, CATCH_UP_SPEED } from '../../constants.js'
import { bytesIn } from '../../verdict/share.js'
import { Pacer } from '../pacing.js'

const rates = fc.integer({ min: 500, max: 1_000_000 })

/** Asks the pacer after each gap, and sends all datagrams that are due. @returns datagrams sent, and given up */
function play(pacer: Pacer, gaps: Iterable<number>): { sent: number; forgone: number; nowMs: number } {
  let [sent, forgone, nowMs] = [0, 0, 0]
  for (const gap of gaps) {
    nowMs += gap
    if (pacer.isOver(nowMs)) break
    forgone += pacer.forgo(nowMs)
    const due = pacer.due(nowMs)
    pacer.sent(due, nowMs)
    sent += due
  }
  return { sent, forgone, nowMs }
}

const pacerOf = (rateKbps: number, maxDatagrams = Number.POSITIVE_INFINITY) =>
  new Pacer({ datagramBytes: IP_DATAGRAM_BYTES, rateKbps, durationMs: 60_000, maxDatagrams, startMs: 0 })

describe('pacing', () => {
  it('sends at its rate, however often it is asked', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0.05, max: 10, noNaN: true }), (rateKbps, gap) => {
        const { sent, nowMs } = play(pacerOf(rateKbps), new Array(Math.ceil(1000 / gap)).fill(gap))
        expect(sent * IP_DATAGRAM_BYTES).to.be.closeTo(bytesIn(rateKbps, nowMs), 1.1 * IP_DATAGRAM_BYTES)
      }),
      { numRuns: 50 },
    )
  })

  it('catches up after a pause, at twice its rate, and gives up datagrams that are too late', () => {
    const rateKbps = 50_000
    const pacer = pacerOf(rateKbps)
    play(pacer, new Array(100).fill(1))
    const pauseMs = CATCH_UP_MS + 100
    const { sent, forgone } = play(pacer, [100 + pauseMs])
    const perMs = bytesIn(rateKbps, 1) / IP_DATAGRAM_BYTES
    expect(forgone).to.be.closeTo(100 * perMs, 2)
    expect(sent, 'at once').to.be.at.most(Math.ceil(BURST_MS * perMs))
    let nowMs = 100 + pauseMs
    let caughtUp = 0
    for (let i = 0; i < 10; i++) {
      nowMs += 1
      const due = pacer.due(nowMs)
      pacer.sent(due, nowMs)
      caughtUp += due
    }
    expect(caughtUp).to.be.closeTo(10 * CATCH_UP_SPEED * perMs, 2)
  })

  it('says exactly when the next datagram is due', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 50 }), (rateKbps, turns) => {
        const pacer = pacerOf(rateKbps)
        for (let i = 0; i < turns; i++) {
          const nextMs = pacer.nextMs()
          expect(pacer.due(nextMs - 1e-3)).to.equal(0)
          expect(pacer.due(nextMs + 1e-6)).to.equal(1)
          pacer.sent(1, nextMs + 1e-6)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('never sends more than the session’s budget', () => {
    const { sent } = play(pacerOf(100_000, 37), new Array(100).fill(1))
    expect(sent).to.equal(37)
  })
})
