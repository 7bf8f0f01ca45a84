/** What f' lying senders can and cannot do to an outcome, over random evidence. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { ControlFlow } from '../control.js'
import { type SenderEvidence, type SessionFacts, unverifiableSenders } from '../session-facts.js'
import { CLAIM_KBPS, clean, granted, judged, logOf } from './session-samples.js'

/** As fast as a liar's own link may be. */
const A_LINK_KBPS = 100_000

describe('judge, with liars among the senders', () => {
  const anyControl: fc.Arbitrary<ControlFlow | undefined> = fc.option(
    fc.record({
      sent: fc.nat(5_000),
      arrived: fc.nat(5_000),
      spanMs: fc.nat(5_000),
      riseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
    }),
    { nil: undefined },
  )
  /** Anything that one sender may say and send. */
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
      spanKbps: fc.nat(A_LINK_KBPS),
      host: fc.constantFrom(undefined, granted.host, '198.51.100.9'),
    })
    .map(sender => ({
      ...sender,
      ...(sender.arrived === 0 && { spanKbps: 0 }),
      verified: Math.min(sender.verified, sender.arrived),
      direct: { ...sender.direct, verified: Math.min(sender.direct.verified, sender.direct.arrived) },
    }))

  it('never lets f′ senders make an honest provider look bad', () => {
    const full = { ...granted, arrived: 1500, verified: 1500, spanKbps: 11_000 }
    fc.assert(
      fc.property(anySender, fc.nat(2), (liar, slot) => {
        const outcome = judged([full, full, full].with(slot, liar), 2 * full.spanKbps + liar.spanKbps)
        expect(outcome).to.have.property('kind', 'verified')
        expect(outcome).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
      }),
    )
  })

  /** An honest sender's flows if the receiver's downlink carries `share` of the claim and has a queue of `queueMs`. */
  const throughFullLink = (share: number, queueMs: number): SenderEvidence => {
    const arrived = Math.round(1500 * Math.min(1, share / 1.1))
    const lost = queueMs === 0 ? 1 - Math.min(1, share / 1.1) : 0
    const control = { ...clean, arrived: Math.round(clean.sent * (1 - lost)), riseMs: queueMs / 2 }
    return { ...granted, arrived, verified: arrived, riseMs: queueMs / 2, control }
  }

  it('never lets one liar of three turn the receiver’s own full link into a low vote', () => {
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
          // Even if the link was free again during the direct probe.
          const direct = { rateKbps: directGain * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 }
          const outcome = judged([honest, honest, honest].with(slot, liar), rateKbps, { direct })
          expect(outcome.kind).to.not.equal('under')
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never lets one liar of three add to what the direct probe carried', () => {
    fc.assert(
      fc.property(anySender, fc.nat(2), fc.integer({ min: 1_000, max: 14_000 }), (liar, slot, rateKbps) => {
        // Fair queueing spared the control datagrams; the full link shows in the direct probe alone.
        const direct = { rateKbps: 1.1 * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 }
        const senders = [granted, granted, granted].with(slot, liar)
        const outcome = judged(senders, rateKbps, { direct })
        if (outcome.kind === 'under') {
          // Only what the liar spoiled, or sent beyond its share, can lower a reading that far below the probe.
          expect(outcome.measurement.rateKbps * 1.15).to.be.at.most(1.1 * rateKbps + 1)
          const isSpoiled = liar.verified < liar.arrived || unverifiableSenders(senders) === 2 ** slot
          expect(isSpoiled || outcome.measurement.arrivedKbps < rateKbps).to.equal(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('does not let one liar of three excuse a slow provider', () => {
    fc.assert(
      fc.property(anyControl, fc.double({ min: 0, max: 2_000, noNaN: true }), fc.nat(2), (control, riseMs, slot) => {
        const liar = { ...granted, control, riseMs }
        expect(judged([granted, granted, granted].with(slot, liar), 2_000)).to.have.property('kind', 'under')
      }),
    )
  })

  /** Ways in which a sender may show less. */
  const less: Record<string, (sender: SenderEvidence) => Partial<SenderEvidence>> = {
    control: () => ({ control: undefined }),
    log: () => ({ log: undefined }),
    loss: ({ control }) => ({ control: control && { ...control, arrived: Math.floor(control.arrived / 2) } }),
    delay: ({ control }) => ({ control: control && { ...control, riseMs: control.riseMs + 100 } }),
    // No fewer than were verified: a log that contradicts the data would spoil it.
    offer: ({ log, highest }) => {
      const [each = 0, ...others] = log?.sent ?? []
      return { log: log && logOf(Math.min(each, Math.max(20, Math.ceil((highest + 1) / (others.length + 1))))) }
    },
  }

  it('never makes a low vote from less evidence', () => {
    const weaker: fc.Arbitrary<(facts: { senders: SenderEvidence[]; more: Partial<SessionFacts> }) => void> = fc
      .tuple(fc.nat(2), fc.constantFrom('direct', ...Object.keys(less)))
      .map(([slot, what]) => facts => {
        const sender = facts.senders[slot]!
        facts.senders[slot] = { ...sender, ...less[what]?.(sender) }
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

  it('does not depend on the order of the senders', () => {
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
