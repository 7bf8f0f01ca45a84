/** What one lying sender of three can and cannot do to a soak, over random evidence. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { TurnEvidence } from '../judge-turns.js'
import type { SenderEvidence } from '../session-facts.js'
import { shareKbps, turnKbps } from '../share.js'
import { CLAIM_KBPS, CLEAN, honest, judged, K, logOf, withTurn } from './turn-samples.js'

describe('judging turns, with a liar among the senders', () => {
  /**
   * The link carries `linkKbps`. Sender 0 sends its share or more while all send, and in the others' turns it sends as
   * fast as the relay allows. A full link carries two flows in proportion to their rates.
   */
  function flooded(linkKbps: number, floodKbps: number, togetherKbps: number): SenderEvidence[] {
    const share = shareKbps(CLAIM_KBPS, K)
    const turn = turnKbps(CLAIM_KBPS)
    const part = (own: number, all: number): number => own * Math.min(1, linkKbps / all)
    return [0, 1, 2].map(slot => {
      if (slot === 0)
        return withTurn(honest(0, { kbps: 0, togetherKbps: part(togetherKbps, togetherKbps + 2 * share) }), {
          crowdKbps: [0, 0, 0],
        })
      const sender = honest(slot, {
        kbps: part(turn, turn + floodKbps),
        togetherKbps: part(share, togetherKbps + 2 * share),
      })
      return withTurn(sender, { crowdKbps: [part(floodKbps, turn + floodKbps), 0, 0] })
    })
  }

  it('does not blame one sender’s flood on a provider that carries its claim', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1.16, noNaN: true }),
        fc.double({ min: 0, max: 0.58, noNaN: true }),
        (link, flood, together) => {
          const outcome = judged(flooded(link * CLAIM_KBPS, flood * CLAIM_KBPS, together * CLAIM_KBPS))
          expect(outcome.kind).to.be.oneOf(['verified', 'at-least'])
        },
      ),
    )
    const whole = judged(flooded(CLAIM_KBPS, 1.1 * CLAIM_KBPS, 0.55 * CLAIM_KBPS))
    expect(whole).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('lets no sender excuse a slow provider by sending beside the provider’s link', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.62, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.nat(2),
        (share, flood, slot) => {
          // The lender's data takes no room on the link: the other two senders have all of it.
          const link = share * CLAIM_KBPS
          const senders = [0, 1, 2].map(one =>
            one === slot
              ? honest(one, { kbps: 1.1 * CLAIM_KBPS, togetherKbps: flood * CLAIM_KBPS })
              : withTurn(honest(one, { kbps: link, togetherKbps: link / 2 }), {
                  crowdKbps: [0, 1, 2].map(by => (by === slot ? flood * CLAIM_KBPS : 0)),
                }),
          )
          const outcome = judged(senders)
          expect(outcome).to.have.property('kind', 'under')
          expect(outcome).to.have.nested.property('measurement.rateKbps', Math.round(link))
        },
      ),
    )
  })

  const anyTurn: fc.Arbitrary<TurnEvidence> = fc
    .record({
      rateKbps: fc.integer({ min: 0, max: 3 * CLAIM_KBPS }),
      sentKbps: fc.integer({ min: 0, max: 3 * CLAIM_KBPS }),
      arrived: fc.nat(5_000),
      verified: fc.nat(5_000),
      highest: fc.integer({ min: -1, max: 6_000 }),
      riseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
      control: fc.option(
        fc.record({ sent: fc.nat(200), arrived: fc.nat(200), riseMs: fc.double({ min: 0, max: 500, noNaN: true }) }),
        { nil: undefined },
      ),
    })
    .map(({ rateKbps, verified, ...turn }) => ({
      ...turn,
      verified: Math.min(verified, turn.arrived),
      estimate: { rateKbps, windows: 27, fromMs: 5_200, toMs: 6_550 },
      crowdKbps: [0, 0, 0],
    }))
  /** Anything that one sender may say and send, except beside the other turns. */
  const anySender: fc.Arbitrary<SenderEvidence> = fc
    .record({
      answer: fc.constantFrom<SenderEvidence['answer']>('granted', 'refused', 'unreachable', 'missing'),
      ready: fc.boolean(),
      turn: anyTurn,
      more: fc.nat(5_000),
      highest: fc.integer({ min: -1, max: 6_000 }),
      log: fc.option(
        fc.tuple(fc.nat(2), fc.double({ min: 0, max: 3, noNaN: true })).map(([slot, part]) => logOf(slot, part, part)),
        { nil: undefined },
      ),
      control: fc.option(fc.constant(CLEAN), { nil: undefined }),
    })
    .map(({ turn, more, ...sender }) => ({
      ...sender,
      ...{ turn, arrived: turn.arrived + more, verified: turn.verified + more },
      ...{ jitterUs: 0, hoarding: 1, riseMs: 0, spanKbps: 0, direct: { arrived: 0, verified: 0 } },
    }))

  it('never lets one sender of three move the reading beyond the readings of the others', () => {
    fc.assert(
      fc.property(
        anySender,
        fc.nat(2),
        fc.integer({ min: 1_000, max: 22_000 }),
        fc.integer({ min: 1_000, max: 22_000 }),
        (liar, slot, one, other) => {
          const kbps = [one, other]
          const senders = [0, 1, 2].map(at => (at === slot ? liar : honest(at, { kbps: kbps.pop()! })))
          const outcome = judged(senders)
          if (!('measurement' in outcome)) throw new Error(`there is no reading: ${JSON.stringify(outcome)}`)
          const { rateKbps } = outcome.measurement
          expect(rateKbps).to.be.within(Math.min(one, other, CLAIM_KBPS), Math.min(Math.max(one, other), CLAIM_KBPS))
          // A low vote has an honest witness whose own turn was low.
          if (outcome.kind === 'under') expect(Math.min(one, other)).to.be.below(0.75 * CLAIM_KBPS)
        },
      ),
      { numRuns: 300 },
    )
  })
})
