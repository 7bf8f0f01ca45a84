/** A receiver that did not read its own socket in time blames no provider for what it lost. */
import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { CLAIM_KBPS, granted, judged, nothingCame, refused, tampered } from './session-samples.js'
import { judged as judgedSoak, three } from './turn-samples.js'

const THREE = [granted, granted, granted]
const THRESHOLD_KBPS = 0.75 * CLAIM_KBPS
/** Length of the samples' readings. */
const READING_MS = 1000
const datagrams = (kbps: number, ms = READING_MS): number => (kbps * ms) / (8 * IP_DATAGRAM_BYTES)
const OVERRUN = { kind: 'at-least', reason: 'receiver-overrun' }

describe('a receiver’s overruns', () => {
  it('make no low vote if they may be what the reading lacks', () => {
    const overruns = Math.ceil(datagrams(THRESHOLD_KBPS - 12_000))
    expect(judged(THREE, 12_000)).to.have.property('kind', 'under')
    expect(judged(THREE, 12_000, { overruns })).to.include(OVERRUN)
    expect(judged(THREE, 12_000, { overruns: Math.ceil(overruns / 2) }), 'all in the low half').to.include(OVERRUN)
  })

  it('do not excuse a provider that lacks more, and take nothing from one that keeps its claim', () => {
    const overruns = Math.floor(datagrams(THRESHOLD_KBPS - 12_000) / 2) - 1
    expect(judged(THREE, 12_000, { overruns })).to.have.property('kind', 'under')
    expect(judged(THREE, 30_000, { overruns: 1e6 })).to.have.property('kind', 'verified')
    expect(judged(THREE, THRESHOLD_KBPS, { overruns: 1e6 })).to.have.property('kind', 'verified')
  })

  it('excuse exactly the readings that are low by no more than twice what was lost', () => {
    const rates = fc.integer({ min: 100, max: THRESHOLD_KBPS - 1 })
    fc.assert(
      fc.property(rates, fc.nat(5_000), (rateKbps, overruns) => {
        const lostKbps = (overruns * IP_DATAGRAM_BYTES * 8) / READING_MS
        const isExcused = overruns > 0 && rateKbps + 2 * lostKbps >= THRESHOLD_KBPS
        const outcome = judged(THREE, rateKbps, { overruns })
        if (isExcused) expect(outcome).to.include(OVERRUN)
        else expect(outcome).to.have.property('kind', 'under')
      }),
    )
  })

  it('make no low vote if they may be what the mean since the discard lacks, however low the last windows are', () => {
    const low = { sinceMs: 200, meanKbps: THRESHOLD_KBPS - 500 }
    const overruns = Math.ceil(datagrams(500))
    const late = { rateKbps: 5_000, windows: 20, fromMs: 700, toMs: 1200 }
    expect(judged(THREE, 5_000, { ...low, estimate: late })).to.have.property('kind', 'under')
    expect(judged(THREE, 5_000, { ...low, estimate: late, overruns })).to.include(OVERRUN)
    expect(judged(THREE, 5_000, { ...low, estimate: late, overruns: overruns - 2 })).to.have.property('kind', 'under')
    const high = { ...low, meanKbps: THRESHOLD_KBPS }
    expect(judged(THREE, 5_000, { ...high, overruns: 1 }), 'the mean is not what is low').to.have.property(
      'kind',
      'under',
    )
  })

  it('blame nobody if nothing else came in, but leave a silent provider `dead` if they are few', () => {
    const none = [nothingCame, nothingCame, nothingCame]
    expect(judged(none, 0, { overruns: datagrams(THRESHOLD_KBPS) })).to.deep.equal({
      kind: 'no-data',
      reason: 'receiver-fault',
    })
    expect(judged(none, 0, { overruns: 100 })).to.have.property('kind', 'dead')
  })

  it('change no outcome that data could not have changed', () => {
    const overruns = 1e6
    expect(judged([refused, refused, refused], 0, { overruns })).to.have.property('kind', 'refused')
    expect(judged([tampered, tampered, tampered], 12_000, { overruns })).to.have.property('kind', 'garbage')
    const unread = { overruns, estimate: undefined }
    expect(judged([nothingCame, nothingCame, nothingCame], 0, unread)).to.have.property('kind', 'dead')
  })

  it('may all have been in one turn of a soak', () => {
    const { toMs, fromMs } = three(10_000)[0]!.turn!.estimate
    const overruns = Math.ceil(datagrams(THRESHOLD_KBPS - 10_000, toMs - fromMs) / 2)
    expect(judgedSoak(three(10_000))).to.have.property('kind', 'under')
    expect(judgedSoak(three(10_000), { overruns })).to.include(OVERRUN)
    expect(judgedSoak(three(10_000), { overruns: overruns - 2 })).to.have.property('kind', 'under')
  })

  it('take a member’s reading out of its group’s sum, which may be low by them alone', () => {
    const member = { atOnce: true, overruns: Math.ceil(datagrams(0.02 * CLAIM_KBPS)) }
    expect(judged(THREE, 0.9 * CLAIM_KBPS, member)).to.include(OVERRUN)
    expect(judged(THREE, 0.9 * CLAIM_KBPS, { ...member, overruns: 2 })).to.have.property('kind', 'verified')
    expect(judged(THREE, CLAIM_KBPS, member), 'its share came in whole').to.have.property('kind', 'verified')
    expect(judged(THREE, 0.9 * CLAIM_KBPS, { ...member, atOnce: false })).to.have.property('kind', 'verified')
  })
})
