/** What a small claim costs in time: the estimator itself against the lengths that slots and the least claim follow from. */
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { DEVNET } from '../../../proto/params.js'
import { longestMeasureMs, lowReadingMs, MIN_DISCARD_MS, MIN_WINDOWS } from '../../constants.js'
import { Estimator } from '../estimator.js'

/** A provider that is limited to a share of its claim, on a short path. @returns when the reading ended, and its windows */
function read(claimKbps: number, yieldMs: number, share: number) {
  const thresholdKbps = 0.75 * claimKbps
  const estimator = new Estimator(0, { claimKbps, thresholdKbps, rttMs: 1, yieldMs })
  const everyMs = (IP_DATAGRAM_BYTES * 8) / (share * claimKbps)
  let nowMs = 0
  for (; !estimator.isDone(nowMs, true); nowMs += everyMs) estimator.push(nowMs, IP_DATAGRAM_BYTES)
  const { windows, rateKbps } = estimator.result()
  return { endMs: nowMs, windows, isLow: rateKbps < thresholdKbps }
}

describe('the time of a reading', () => {
  for (const yieldMs of [DEVNET.yieldMs, 4000]) {
    it(`that is low is the derived one, for all claims from the smallest one on, with ${yieldMs} ms to yield`, () => {
      const smallest = yieldMs === DEVNET.yieldMs ? DEVNET.minClaimKbps : 1_250
      for (const claimKbps of [1, 1.3, 2, 3, 10, 100].map(times => times * smallest)) {
        const { endMs, windows, isLow } = read(claimKbps, yieldMs, 0.5)
        expect([isLow, windows >= MIN_WINDOWS], `${claimKbps}`).to.deep.equal([true, true])
        const derivedMs = MIN_DISCARD_MS + lowReadingMs(claimKbps, yieldMs)
        expect(endMs, `${claimKbps}`).to.be.within(derivedMs - 1, derivedMs + 50)
        expect(endMs).to.be.at.most(longestMeasureMs(yieldMs) + 50)
      }
    })
  }

  it('at the smallest claim of the devnet fits into its slot, and at 5 Mbit/s does not', () => {
    const roomMs = DEVNET.slotMs - DEVNET.offsetMs
    expect(read(DEVNET.minClaimKbps, DEVNET.yieldMs, 0.5).endMs).to.be.below(roomMs)
    expect(read(5_000, DEVNET.yieldMs, 0.5).endMs).to.be.above(roomMs)
  })

  it('at 1 Mbit/s has half of its windows, and still outlasts two slots: the last of an epoch would miss the ballot', () => {
    const { endMs, windows } = read(1_000, DEVNET.yieldMs, 0.1)
    expect(windows).to.be.below(MIN_WINDOWS)
    expect(endMs).to.be.above(2 * DEVNET.slotMs)
  })
})
