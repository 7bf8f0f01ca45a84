/** The judge's decisions on given evidence. */
import { expect } from 'chai'
import type { ControlFlow } from '../control.js'
import { isDirectProbeDue } from '../other-limit.js'
import { type SenderEvidence, unverifiableSenders } from '../session-facts.js'
import {
  A_SHARE,
  CLAIM_KBPS,
  clean,
  granted,
  heldUp,
  judged,
  keyless,
  logOf,
  lossy,
  nothingCame,
  notValidated,
  refused,
  silent,
  tampered,
  unreachable,
} from './session-samples.js'

describe('judge', () => {
  it('verifies a reading at or above the slashing threshold, and never above the claim', () => {
    const fine = judged([granted, granted, granted], 33_000)
    expect(fine).to.have.property('kind', 'verified')
    expect(fine).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
    expect(judged([granted, granted, granted], 15_000)).to.have.property('kind', 'verified')
    expect(judged([granted, granted, granted], 14_999)).to.have.property('kind', 'under')
  })

  it('blames a low reading on the provider only if the other senders offered enough', () => {
    expect(judged([granted, granted, silent], 2_000)).to.have.property('kind', 'under')
    const slow = { ...granted, log: logOf(20), highest: 500 }
    expect(judged([granted, granted, slow], 2_000)).to.have.property('kind', 'under')
    expect(judged([granted, slow, slow], 2_000)).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('believes no log that contradicts what arrived, and no more of any log than a share', () => {
    const understated = { ...granted, log: logOf(10), highest: 1500 }
    expect(judged([granted, granted, understated], 2_000)).to.have.property('kind', 'under')
    expect(judged([granted, understated, understated], 2_000)).to.have.property('kind', 'at-least')
    const boaster = { ...granted, log: logOf(3 * A_SHARE) }
    const slow = { ...granted, log: logOf(20), highest: 500 }
    expect(judged([boaster, slow, silent], 2_000)).to.include({ kind: 'at-least', reason: 'sender-limited' })
    // Who boasts could as well show just its share: it gains nothing, and no honest sender that caught up is left out.
    expect(judged([boaster, granted, silent], 2_000)).to.have.property('kind', 'under')
  })

  it('needs control datagrams that came through well at the same time', () => {
    const with3 = (control: ControlFlow | undefined) => [0, 1, 2].map(() => ({ ...granted, control }))
    expect(judged(with3(undefined), 2_000)).to.include({ kind: 'at-least', reason: 'no-control' })
    expect(judged(with3({ ...clean, spanMs: 900 }), 2_000)).to.include({ kind: 'at-least', reason: 'no-control' })
    expect(judged(with3(lossy), 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(with3(heldUp), 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(with3(lossy), 2_000)).to.have.nested.property('measurement.controlLossBps', 3056)
    expect(judged(with3(heldUp), 2_000)).to.have.nested.property('measurement.controlDelayUs', 120_000)
    for (const rateKbps of [15_000, 30_000]) expect(judged(with3(lossy), rateKbps)).to.have.property('kind', 'verified')
  })

  it('compares delay with the main flow’s delay, and ignores it without kernel timestamps', () => {
    const senders = (riseMs: number, mainMs: number) =>
      [0, 1, 2].map(() => ({ ...granted, riseMs: mainMs, control: { ...clean, riseMs } }))
    expect(judged(senders(4.9, 0), 2_000)).to.have.property('kind', 'under')
    expect(judged(senders(5.1, 0), 2_000)).to.have.property('kind', 'at-least')
    expect(judged(senders(24, 100), 2_000)).to.have.property('kind', 'under')
    expect(judged(senders(26, 100), 2_000)).to.have.property('kind', 'at-least')
    const blind = judged(senders(26, 100), 2_000, { kernelTimestamps: false })
    expect(blind).to.have.property('kind', 'under')
    expect(blind).to.have.nested.property('measurement.controlDelayUs', 0)
  })

  it('needs a direct probe that carried 1.15 times the reading', () => {
    const direct = (rateKbps: number) => ({ rateKbps, windows: 10, fromMs: 1500, toMs: 2000 })
    const three = [granted, granted, granted]
    expect(judged(three, 2_000, { direct: undefined })).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three, 2_000, { direct: direct(2_299) })).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three, 2_000, { direct: direct(2_300) })).to.have.property('kind', 'under')
    expect(judged(three, 0.4, { direct: direct(0.4) }), 'nothing is not 1.15 times nothing').to.include({
      ...{ kind: 'at-least', reason: 'path-limited' },
    })
    expect(judged(three, 0.4, { direct: direct(2_000) })).to.have.property('kind', 'under')
    const unverified = { ...granted, direct: { arrived: 60, verified: 0 } }
    const one = judged([granted, granted, unverified], 2_000, { direct: direct(3_450) })
    expect(one).to.have.property('kind', 'under')
    expect(one, 'its unverified data does not count').to.have.nested.property('measurement.directKbps', 2_300)
    expect(judged([granted, granted, unverified], 2_000, { direct: direct(3_400) })).to.have.property(
      'kind',
      'at-least',
    )
    expect(judged([granted, unverified, unverified], 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
  })

  it('sends a direct probe only after a low reading whose control datagrams came through', () => {
    const facts = { claimKbps: CLAIM_KBPS, breachBps: 7500, needed: 2 }
    const due = (rateKbps: number, arrived: number[], control: ControlFlow | null = clean) =>
      isDirectProbeDue(facts, rateKbps, arrived, Array(3).fill(control ?? undefined))
    expect(due(14_999, [500, 500, 500])).to.equal(true)
    expect(due(15_000, [500, 500, 500])).to.equal(false)
    expect(due(22_000, [500, 500, 0])).to.equal(false)
    expect(due(16_000, [900, 100, 100])).to.equal(true)
    expect(due(2_000, [500, 500, 500], lossy)).to.equal(false)
    expect(due(2_000, [500, 500, 500], null)).to.equal(false)
    expect(due(0, [0, 0, 0])).to.equal(false)
  })

  it('excuses one garbage sender of three, not two', () => {
    const one = judged([granted, granted, tampered], 30_000)
    expect(one).to.have.property('kind', 'verified')
    expect(one).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
    expect(judged([granted, tampered, tampered], 30_000)).to.have.property('kind', 'garbage')
    expect(unverifiableSenders([granted, tampered, keyless])).to.equal(0b110)
    expect(unverifiableSenders([silent, refused, granted])).to.equal(0)
  })

  it('blames the senders if two of three reveal no key', () => {
    expect(judged([granted, keyless, keyless], 30_000)).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(judged([granted, granted, keyless], 30_000)).to.have.property('kind', 'verified')
  })

  it('distinguishes a refusal, a dead provider and an unreachable one', () => {
    expect(judged([refused, refused, silent], 0)).to.deep.equal({ kind: 'refused', refusals: 2 })
    expect(judged([nothingCame, nothingCame, silent], 0)).to.deep.equal({ kind: 'dead', granted: 2 })
    expect(judged([notValidated, notValidated, silent], 0)).to.deep.equal({ kind: 'dead', granted: 2 })
    expect(judged([unreachable, unreachable, silent], 0)).to.deep.equal({
      kind: 'no-data',
      reason: 'provider-unreachable',
    })
    expect(judged([silent, silent, granted], 0, { estimate: undefined })).to.deep.equal({
      kind: 'no-data',
      reason: 'senders-missing',
    })
  })

  it('makes no mixture of refusing and failing safer than either', () => {
    expect(judged([refused, notValidated, silent], 0)).to.have.property('kind', 'dead')
    expect(judged([refused, nothingCame, unreachable], 0)).to.have.property('kind', 'dead')
    expect(judged([refused, unreachable, silent], 0)).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('blames nobody if no provider ever reached the receiver’s port, or if the receiver’s machine stood still', () => {
    expect(judged([notValidated, notValidated, notValidated], 0, { heard: false })).to.deep.equal({
      kind: 'no-data',
      reason: 'path-not-validated',
    })
    expect(judged([granted, granted, granted], 2_000, { starvedMs: 600 })).to.deep.equal({
      kind: 'no-data',
      reason: 'receiver-fault',
    })
    expect(judged([granted, granted, granted], 30_000, { starvedMs: 600 })).to.have.property('kind', 'verified')
  })

  it('makes no low vote of a reading that a competing flow had no time to yield to', () => {
    const low = (sinceMs: number | undefined) => judged([granted, granted, granted], 10_000, { sinceMs, yieldMs: 1000 })
    expect(low(200)).to.have.property('kind', 'under')
    expect(low(201)).to.include({ kind: 'at-least', reason: 'unstable' })
    expect(low(undefined)).to.include({ kind: 'at-least', reason: 'unstable' })
    expect(judged([granted, granted, granted], 20_000, { sinceMs: 900, yieldMs: 1000 })).to.have.property(
      'kind',
      'verified',
    )
  })

  it('shows the delay of the sender in the middle, and blames nobody for it', () => {
    const delayed = [50, 2000, 900].map(delayMs => ({ ...granted, delayMs }))
    for (const [rateKbps, kind] of [
      [10_000, 'under'],
      [20_000, 'verified'],
    ] as const) {
      const outcome = judged(delayed, rateKbps)
      expect(outcome).to.have.property('kind', kind)
      expect(outcome).to.have.nested.property('measurement.delayUs', 900_000)
    }
    expect(judged([granted, granted, granted], 20_000)).to.have.nested.property('measurement.delayUs', 0)
  })

  it('gives no reading from too few windows, or from a single sender', () => {
    const estimate = { rateKbps: 2_000, windows: 3, fromMs: 200, toMs: 350 }
    expect(judged([granted, granted, granted], 0, { estimate })).to.include({ kind: 'at-least', reason: 'unstable' })
    expect(judged([granted], 2_000)).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
  })

  it('credits hoarded data only at the pace at which it was sent', () => {
    const held = { ...granted, hoarding: 0.9 }
    const rate = (senders: readonly SenderEvidence[]) => {
      const outcome = judged(senders, 19_000)
      return 'measurement' in outcome ? outcome.measurement.rateKbps : undefined
    }
    expect(rate([held, held, granted])).to.equal(17_100)
    expect(rate([held, granted, granted]), 'one sender’s times alone').to.equal(19_000)
  })
})
