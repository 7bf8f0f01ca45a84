import { expect } from 'chai'
import { type Counters, Headroom, LOOK_MS, READING_MS } from '../headroom.js'

const CLAIM_KBPS = 20_000

/** Half a minute with one session of `sessionMs`, of which receivers counter-sign a share at the end. */
function readingOf(forwardedKbps: number, arrivedShare: number, sessionMs = 2000) {
  const headroom = new Headroom(() => CLAIM_KBPS)
  const counters = { forwarded: 0, forwardedBytes: 0, counterSignedBytes: 0, receiptedBytes: 0 }
  const readings = []
  for (let ms = 0; ms <= READING_MS + LOOK_MS; ms += LOOK_MS) {
    if (ms > 5000 && ms <= 5000 + sessionMs) {
      const datagrams = Math.round((forwardedKbps * LOOK_MS) / 8 / 1228)
      counters.forwarded += datagrams
      counters.forwardedBytes += datagrams * 1200
    }
    if (ms === 9000) {
      counters.receiptedBytes = counters.forwarded * 1228
      counters.counterSignedBytes = Math.round(counters.receiptedBytes * arrivedShare)
    }
    const reading = headroom.look(counters satisfies Counters, ms)
    if (reading) readings.push(reading)
  }
  return { headroom, readings }
}

describe('a provider’s headroom', () => {
  it('is enough if the claim arrives of what senders offer', () => {
    const { readings, headroom } = readingOf(1.65 * CLAIM_KBPS, 0.87)
    expect(readings).to.have.length(1)
    expect(readings[0]).to.deep.include({ claimKbps: CLAIM_KBPS, kept: true })
    expect(readings[0]!.forwardedKbps).to.be.closeTo(33_000, 100)
    expect(readings[0]!.deliveredKbps).to.be.closeTo(28_700, 100)
    expect(headroom.counts).to.deep.equal({ readings: 1, missed: 0 })
  })

  it('was missing if less than the claim arrived', () => {
    const { readings, headroom } = readingOf(1.65 * CLAIM_KBPS, 0.4)
    expect(readings[0]).to.have.property('kept', false)
    expect(headroom.latest!.deliveredKbps).to.be.closeTo(13_200, 100)
    expect(headroom.counts).to.deep.equal({ readings: 1, missed: 1 })
  })

  it('is not known if nobody asked for the claim, asked only shortly, or told what arrived', () => {
    expect(readingOf(0.9 * CLAIM_KBPS, 0.4).readings).to.deep.equal([])
    expect(readingOf(1.65 * CLAIM_KBPS, 0.4, LOOK_MS).readings).to.deep.equal([])
    const headroom = new Headroom(() => CLAIM_KBPS)
    const counters = { forwarded: 0, forwardedBytes: 0, counterSignedBytes: 0, receiptedBytes: 0 }
    for (let ms = 0; ms <= READING_MS; ms += LOOK_MS) {
      counters.forwarded += 1000
      counters.forwardedBytes += 1_200_000
      expect(headroom.look(counters, ms)).to.equal(undefined)
    }
  })

  it('can be read before its time, and then begins anew', () => {
    const headroom = new Headroom(() => CLAIM_KBPS)
    expect(headroom.finish()).to.equal(undefined)
    const counters = { forwarded: 0, forwardedBytes: 0, counterSignedBytes: 0, receiptedBytes: 0 }
    for (let ms = 0; ms <= 1000; ms += LOOK_MS) {
      headroom.look(counters, ms)
      counters.forwarded += 1000
      counters.forwardedBytes += 1_200_000
    }
    headroom.look({ ...counters, counterSignedBytes: 1e6, receiptedBytes: 4e6 }, 1000 + LOOK_MS)
    expect(headroom.finish()).to.deep.include({ kept: false })
    expect(headroom.finish()).to.equal(undefined)
    expect(headroom.counts).to.deep.equal({ readings: 1, missed: 1 })
  })

  it('is never more than what the relay sent, whatever a receiver signs', () => {
    const { deliveredKbps, forwardedKbps } = readingOf(1.65 * CLAIM_KBPS, 5).readings[0]!
    expect(deliveredKbps).to.equal(forwardedKbps)
  })
})
