import { expect } from 'chai'
import fc from 'fast-check'
import type { ControlFlow } from '../control.js'
import { judge } from '../judge.js'
import { isDirectProbeDue } from '../other-limit.js'
import { type SenderEvidence, type SessionFacts, unverifiableSenders } from '../session-facts.js'

const CLAIM_KBPS = 20_000
/** datagrams in 50 ms at the share of 11 Mbit/s */
const A_SHARE = 56

const logOf = (perInterval: number) => ({
  intervalMs: 50,
  sent: Array.from({ length: 30 }, () => perInterval),
  blocked: new Array(30).fill(0),
  errors: new Array(30).fill(0),
  control: new Array(30).fill(3),
})

const clean: ControlFlow = { sent: 72, arrived: 72, spanMs: 1_150, riseMs: 0.3 }
const lossy: ControlFlow = { ...clean, arrived: 50 }
const heldUp: ControlFlow = { ...clean, riseMs: 120 }

const granted: SenderEvidence = {
  answer: 'granted',
  ready: true,
  arrived: 500,
  highest: 1500,
  verified: 500,
  log: logOf(A_SHARE),
  jitterUs: 100,
  hoarding: 1,
  riseMs: 80,
  control: clean,
  direct: { arrived: 60, verified: 60 },
}
const silent: SenderEvidence = {
  answer: 'missing',
  ready: false,
  arrived: 0,
  highest: -1,
  verified: 0,
  log: undefined,
  jitterUs: 0,
  hoarding: 1,
  riseMs: 0,
  control: undefined,
  direct: { arrived: 0, verified: 0 },
}
const refused: SenderEvidence = { ...silent, answer: 'refused' }
const unreachable: SenderEvidence = { ...silent, answer: 'unreachable' }
const notValidated: SenderEvidence = { ...silent, answer: 'granted' }
const nothingCame: SenderEvidence = { ...granted, arrived: 0, highest: -1, verified: 0 }
const tampered: SenderEvidence = { ...granted, verified: 0 }
const keyless: SenderEvidence = {
  ...granted,
  verified: 0,
  log: undefined,
  control: undefined,
  direct: { arrived: 60, verified: 0 },
}

function judged(senders: readonly SenderEvidence[], rateKbps: number, more: Partial<SessionFacts> = {}) {
  return judge({
    claimKbps: CLAIM_KBPS,
    breachBps: 7500,
    senders,
    estimate: { rateKbps, windows: 20, fromMs: 200, toMs: 1200 },
    direct: { rateKbps: 1.3 * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 },
    kernelTimestamps: true,
    atOnce: false,
    heard: true,
    starvedMs: 0,
    ...more,
  })
}

describe('judge', () => {
  it('verifies a reading at or above the slashing threshold, and never above the claim', () => {
    const fine = judged([granted, granted, granted], 33_000)
    expect(fine).to.have.property('kind', 'verified')
    expect(fine).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
    expect(judged([granted, granted, granted], 15_000)).to.have.property('kind', 'verified')
    expect(judged([granted, granted, granted], 14_999)).to.have.property('kind', 'under')
  })

  it('lays a low reading at the provider’s door only when the others offered enough', () => {
    expect(judged([granted, granted, silent], 2_000)).to.have.property('kind', 'under')
    const slow = { ...granted, log: logOf(20), highest: 500 }
    expect(judged([granted, granted, slow], 2_000)).to.have.property('kind', 'under')
    expect(judged([granted, slow, slow], 2_000)).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('takes no log that contradicts what arrived, or shows more than a share', () => {
    const understated = { ...granted, log: logOf(10), highest: 1500 }
    expect(judged([granted, granted, understated], 2_000)).to.have.property('kind', 'under')
    expect(judged([granted, understated, understated], 2_000)).to.have.property('kind', 'at-least')
    const boaster = { ...granted, log: logOf(3 * A_SHARE) }
    expect(judged([boaster, granted, silent], 2_000)).to.have.property('kind', 'at-least')
  })

  it('asks for control datagrams that came through well at the same time', () => {
    const with3 = (control: ControlFlow | undefined) => [0, 1, 2].map(() => ({ ...granted, control }))
    expect(judged(with3(undefined), 2_000)).to.include({ kind: 'at-least', reason: 'no-control' })
    expect(judged(with3({ ...clean, spanMs: 900 }), 2_000)).to.include({ kind: 'at-least', reason: 'no-control' })
    expect(judged(with3(lossy), 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(with3(heldUp), 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(with3(lossy), 2_000)).to.have.nested.property('measurement.controlLossBps', 3056)
    expect(judged(with3(heldUp), 2_000)).to.have.nested.property('measurement.controlDelayUs', 120_000)
    for (const rateKbps of [15_000, 30_000]) expect(judged(with3(lossy), rateKbps)).to.have.property('kind', 'verified')
  })

  it('measures delay against the main flow’s, and not at all without the kernel’s timestamps', () => {
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

  it('asks for a direct probe that carried 1.15 times the reading', () => {
    const direct = (rateKbps: number) => ({ rateKbps, windows: 10, fromMs: 1500, toMs: 2000 })
    const three = [granted, granted, granted]
    expect(judged(three, 2_000, { direct: undefined })).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three, 2_000, { direct: direct(2_299) })).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three, 2_000, { direct: direct(2_300) })).to.have.property('kind', 'under')
    const unverified = { ...granted, direct: { arrived: 60, verified: 0 } }
    const one = judged([granted, granted, unverified], 2_000, { direct: direct(2_300) })
    expect(one).to.have.property('kind', 'under')
    expect(one).to.have.nested.property('measurement.directKbps', 2_300)
    expect(judged([granted, unverified, unverified], 2_000)).to.include({ kind: 'at-least', reason: 'path-limited' })
  })

  it('sends a direct probe after a low reading whose control datagrams came through, and after no other', () => {
    const facts = { claimKbps: CLAIM_KBPS, breachBps: 7500 }
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

  it('blames the senders when two of three show no key', () => {
    expect(judged([granted, keyless, keyless], 30_000)).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(judged([granted, granted, keyless], 30_000)).to.have.property('kind', 'verified')
  })

  it('tells refusing, forwarding nothing and not being there apart', () => {
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

  it('lets no mixture of refusing and failing be safer than either', () => {
    expect(judged([refused, notValidated, silent], 0)).to.have.property('kind', 'dead')
    expect(judged([refused, nothingCame, unreachable], 0)).to.have.property('kind', 'dead')
    expect(judged([refused, unreachable, silent], 0)).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('says nothing about others while nobody has reached its own port, or its machine stood still', () => {
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

  it('gives no reading from too few windows, and none from a single sender', () => {
    const estimate = { rateKbps: 2_000, windows: 3, fromMs: 200, toMs: 350 }
    expect(judged([granted, granted, granted], 0, { estimate })).to.include({ kind: 'at-least', reason: 'unstable' })
    expect(judged([granted], 2_000)).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
  })

  const anyControl: fc.Arbitrary<ControlFlow | undefined> = fc.option(
    fc.record({
      sent: fc.nat(5_000),
      arrived: fc.nat(5_000),
      spanMs: fc.nat(5_000),
      riseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
    }),
    { nil: undefined },
  )
  /** Whatever one sender may say and send. */
  const anySender: fc.Arbitrary<SenderEvidence> = fc
    .record({
      answer: fc.constantFrom<SenderEvidence['answer']>('granted', 'refused', 'unreachable', 'missing'),
      ready: fc.boolean(),
      arrived: fc.nat(1500),
      highest: fc.integer({ min: -1, max: 3000 }),
      verified: fc.nat(1500),
      log: fc.option(fc.nat(200).map(logOf), { nil: undefined }),
      jitterUs: fc.nat(10_000),
      hoarding: fc.double({ min: 0, max: 1, noNaN: true }),
      riseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
      control: anyControl,
      direct: fc.record({ arrived: fc.nat(200), verified: fc.nat(200) }),
    })
    .map(sender => ({
      ...sender,
      verified: Math.min(sender.verified, sender.arrived),
      direct: { ...sender.direct, verified: Math.min(sender.direct.verified, sender.direct.arrived) },
    }))

  it('credits what was saved up only at the pace at which it had been sent', () => {
    const held = { ...granted, hoarding: 0.9 }
    const rate = (senders: readonly SenderEvidence[]) => {
      const outcome = judged(senders, 19_000)
      return 'measurement' in outcome ? outcome.measurement.rateKbps : undefined
    }
    expect(rate([held, held, granted])).to.equal(17_100)
    expect(rate([held, granted, granted]), 'one sender’s times alone').to.equal(19_000)
  })

  it('never lets f′ of the senders make a provider that serves the others look bad', () => {
    const full = { ...granted, arrived: 1500, verified: 1500 }
    fc.assert(
      fc.property(anySender, fc.nat(2), fc.integer({ min: 22_000, max: 33_000 }), (liar, slot, rateKbps) => {
        const outcome = judged([full, full, full].with(slot, liar), rateKbps)
        expect(outcome).to.have.property('kind', 'verified')
        expect(outcome).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
      }),
    )
  })

  /** An honest sender's flows where the receiver's downlink carries `share` of the claim and a queue of `queueMs`. */
  const throughFullLink = (share: number, queueMs: number): SenderEvidence => {
    const arrived = Math.round(1500 * Math.min(1, share / 1.1))
    const lost = queueMs === 0 ? 1 - Math.min(1, share / 1.1) : 0
    const control = { ...clean, arrived: Math.round(clean.sent * (1 - lost)), riseMs: queueMs / 2 }
    return { ...granted, arrived, verified: arrived, riseMs: queueMs / 2, control }
  }

  it('never lets one liar of three turn a full link of the receiver’s into a low vote', () => {
    fc.assert(
      fc.property(
        anySender,
        fc.nat(2),
        fc.double({ min: 0.02, max: 0.74, noNaN: true }),
        fc.constantFrom(0, 50, 2_000),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (liar, slot, share, queueMs, directGain) => {
          const honest = throughFullLink(share, queueMs)
          const rateKbps = share * CLAIM_KBPS
          // Even where the link stood free again during the direct probe.
          const direct = { rateKbps: directGain * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 }
          const outcome = judged([honest, honest, honest].with(slot, liar), rateKbps, { direct })
          expect(outcome.kind).to.not.equal('under')
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never lets one liar of three pass off as carried what the others’ direct probe did not carry', () => {
    fc.assert(
      fc.property(anySender, fc.nat(2), fc.integer({ min: 1_000, max: 14_000 }), (liar, slot, rateKbps) => {
        // Fair queueing spared the control datagrams; the full link shows in the direct probe alone.
        const direct = { rateKbps: 1.1 * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 }
        const outcome = judged([granted, granted, granted].with(slot, liar), rateKbps, { direct })
        if (outcome.kind === 'under') {
          // Only a reading that the liar's garbage has lowered lies that far below the probe.
          expect(outcome.measurement.rateKbps * 1.15).to.be.at.most(1.1 * rateKbps + 1)
          expect(liar.verified).to.be.below(liar.arrived)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('does not let one liar of three excuse a provider that the others show to be slow', () => {
    fc.assert(
      fc.property(anyControl, fc.double({ min: 0, max: 2_000, noNaN: true }), fc.nat(2), (control, riseMs, slot) => {
        const liar = { ...granted, control, riseMs }
        expect(judged([granted, granted, granted].with(slot, liar), 2_000)).to.have.property('kind', 'under')
      }),
    )
  })

  it('never makes a low vote of less evidence', () => {
    const weaker: fc.Arbitrary<(facts: { senders: SenderEvidence[]; more: Partial<SessionFacts> }) => void> = fc
      .tuple(fc.nat(2), fc.constantFrom('control', 'log', 'direct', 'loss', 'delay', 'offer'))
      .map(([slot, what]) => facts => {
        const sender = facts.senders[slot]!
        const control = sender.control && { ...sender.control }
        if (what === 'loss' && control) Object.assign(control, { arrived: Math.floor(control.arrived / 2) })
        if (what === 'delay' && control) Object.assign(control, { riseMs: control.riseMs + 100 })
        facts.senders[slot] = {
          ...sender,
          control: what === 'control' ? undefined : control,
          log: what === 'log' ? undefined : what === 'offer' && sender.log ? logOf(20) : sender.log,
        }
        if (what === 'direct') facts.more = { ...facts.more, direct: undefined }
      })
    fc.assert(
      fc.property(
        fc.array(anySender, { minLength: 3, maxLength: 3 }),
        fc.array(weaker, { maxLength: 4 }),
        fc.integer({ min: 0, max: 14_000 }),
        (senders, changes, rateKbps) => {
          const facts = { senders: [...senders], more: {} }
          const before = judged(senders, rateKbps)
          for (const change of changes) change(facts)
          const after = judged(facts.senders, rateKbps, facts.more)
          if (before.kind === 'at-least') expect(after.kind).to.not.equal('under')
        },
      ),
      { numRuns: 500 },
    )
  })

  it('does not depend on the order of senders', () => {
    fc.assert(
      fc.property(
        fc.array(anySender, { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 0, max: 33_000 }),
        (senders, rateKbps) => {
          expect(judged([...senders].reverse(), rateKbps)).to.deep.equal(judged(senders, rateKbps))
        },
      ),
    )
  })
})
