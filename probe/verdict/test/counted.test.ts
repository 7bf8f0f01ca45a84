/** What counts of a session: verified data, within each sender's share, from the provider's host. */
import { expect } from 'chai'
import fc from 'fast-check'
import { measure } from '../measure.js'
import { type SenderEvidence, type SessionFacts, thresholdKbps, unverifiableSenders } from '../session-facts.js'
import { shareKbps, turnKbps } from '../share.js'
import { CLAIM_KBPS, granted, judged, keyless, logOf, refused, silent } from './session-samples.js'
import { judged as judgedSoak, CLAIM_KBPS as SOAK_CLAIM_KBPS, three, withTurn } from './turn-samples.js'

const MOST_KBPS = 1.05 * shareKbps(CLAIM_KBPS, 3)
const ELSEWHERE = '198.51.100.9'

/** A sender of which so much came, and so much of that was verified. */
const sending = (spanKbps: number, part = 1): SenderEvidence => ({
  ...granted,
  spanKbps,
  arrived: spanKbps > 0 ? 500 : 0,
  verified: spanKbps > 0 ? Math.floor(500 * part) : 0,
})
const nothing = (sender: SenderEvidence): SenderEvidence => ({
  ...sender,
  arrived: 0,
  verified: 0,
  highest: -1,
  spanKbps: 0,
})
const total = (senders: readonly SenderEvidence[]): number => senders.reduce((sum, { spanKbps }) => sum + spanKbps, 0)
const rateOf = (senders: readonly SenderEvidence[], more: Partial<SessionFacts> = {}): number => {
  const outcome = judged(senders, total(senders), more)
  return 'measurement' in outcome ? outcome.measurement.rateKbps : 0
}

const anyPart = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
const anyThree = fc.array(
  anyPart.map(([kbps, part]) => sending(kbps, part)),
  { minLength: 3, maxLength: 3 },
)

describe('what counts of a session', () => {
  it('is no more than each sender’s share, however fast one sender is', () => {
    expect(rateOf([sending(100_000), sending(0), sending(0)])).to.equal(Math.round(MOST_KBPS))
    fc.assert(
      fc.property(anyThree, senders => {
        const most = senders.reduce((sum, { spanKbps }) => sum + Math.min(spanKbps, MOST_KBPS), 0)
        expect(rateOf(senders, { atOnce: true })).to.be.at.most(most + 1)
      }),
    )
  })

  it('is never more than what was verified, and never above the claim', () => {
    fc.assert(
      fc.property(anyThree, senders => {
        const verified = senders.reduce(
          (sum, { spanKbps, verified, arrived }) => sum + (arrived > 0 ? (spanKbps * verified) / arrived : 0),
          0,
        )
        expect(rateOf(senders)).to.be.at.most(Math.min(verified + 1, CLAIM_KBPS))
      }),
    )
  })

  it('takes nothing from a provider whose k − f′ honest senders send their share', () => {
    fc.assert(
      fc.property(anyPart, fc.double({ min: 1, max: 1.5, noNaN: true }), ([kbps, part], catchUp) => {
        const share = shareKbps(CLAIM_KBPS, 3)
        expect(rateOf([sending(share), sending(catchUp * share), sending(kbps, part)])).to.equal(CLAIM_KBPS)
      }),
    )
  })

  it('lets ×k/(k−f′) prevent a low vote, and never raise a rate', () => {
    const spoiled = judged([sending(5_500), sending(5_500), sending(5_500, 0)], 16_500)
    expect(spoiled).to.include({ kind: 'at-least', reason: 'sender-spoiled' })
    expect(spoiled).to.have.nested.property('measurement.rateKbps', 11_000)
    expect(judged([sending(5_000), sending(4_900), sending(4_900, 0)], 14_800)).to.have.property('kind', 'under')
    fc.assert(
      fc.property(anyThree, senders => {
        const outcome = judged(senders, total(senders))
        if (!('measurement' in outcome)) return
        const { rateKbps, verifiedKbps } = outcome.measurement
        expect(rateKbps).to.be.at.most(verifiedKbps)
        if (outcome.kind === 'verified')
          expect(verifiedKbps).to.be.at.least(thresholdKbps({ claimKbps: CLAIM_KBPS, breachBps: 7500 }) - 1)
      }),
    )
  })

  it('is none of the data that its sender’s own log contradicts, in a high reading as in a low one', () => {
    const share = 10_000
    const modest = { ...sending(share), log: logOf(10), highest: 1500 }
    expect(rateOf([sending(share), modest, modest])).to.equal(share)
    expect(judged([sending(share), modest, modest], 3 * share)).to.not.have.property('kind', 'verified')
    const ragged = { ...sending(share), log: { ...logOf(56), control: [3] } }
    expect(unverifiableSenders([granted, modest, ragged])).to.equal(0b110)
  })

  it('names every sender that spoiled its part, and no sender that was silent, refused or merely lost data', () => {
    const elsewhere = nothing({ ...granted, host: ELSEWHERE })
    expect(unverifiableSenders([granted, granted, elsewhere])).to.equal(0b100)
    expect(unverifiableSenders([keyless, granted, sending(5_000, 0.5)])).to.equal(0b101)
    expect(unverifiableSenders([silent, refused, nothing(granted)])).to.equal(0)
    expect(
      unverifiableSenders([granted, elsewhere, nothing({ ...granted, host: '203.0.113.1' })]),
      'no common host',
    ).to.equal(0)
  })

  it('is dead if the provider shows another host to every sender, and nothing if one liar may explain it', () => {
    const at = (host: string) => nothing({ ...granted, host })
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3']
    expect(judged(hosts.map(at), 0)).to.deep.equal({ kind: 'dead', granted: 3 })
    expect(judged([at(hosts[0]!), at(hosts[1]!), silent], 0)).to.deep.equal({
      kind: 'no-data',
      reason: 'senders-missing',
    })
    expect(judged([at(hosts[0]!), at(hosts[0]!), at(hosts[1]!)], 0)).to.deep.equal({ kind: 'dead', granted: 2 })
  })

  it('is low in spite of a refusal of one sender, and refused is no outcome of one sender’s making', () => {
    const slow = sending(6_000)
    expect(judged([refused, slow, slow], 12_000)).to.have.property('kind', 'under')
    // Of the direct probe, too, only the verified half counts.
    const direct = { rateKbps: 24_000, windows: 10, fromMs: 1500, toMs: 2000 }
    const accomplice = { ...keyless, spanKbps: 6_000 }
    expect(judged([refused, slow, accomplice], 12_000, { direct })).to.have.property('kind', 'under')
    expect(judged([silent, slow, accomplice], 12_000, { direct })).to.have.property('kind', 'no-data')
    expect(judged([refused, sending(11_000), sending(11_000)], 22_000)).to.have.property('kind', 'verified')
  })

  it('counts a refused sender for no more than the share that it asked for', () => {
    const facts = (senders: readonly SenderEvidence[]) => ({
      ...{
        claimKbps: CLAIM_KBPS,
        breachBps: 7500,
        senders,
        kernelTimestamps: true,
        atOnce: false,
        heard: true,
        starvedMs: 0,
        yieldMs: 1000,
        ipv6: false,
        overruns: 0,
      },
      estimate: { rateKbps: 2_000, windows: 20, fromMs: 200, toMs: 1200 },
    })
    const offered = (senders: readonly SenderEvidence[]) => measure(facts(senders)).offeredKbps
    expect(offered([refused, granted, granted]) - offered([silent, granted, granted])).to.equal(
      shareKbps(CLAIM_KBPS, 3),
    )
  })

  it('in a soak is no more than a turn’s rate, and a refused sender’s turn is low by the provider’s doing', () => {
    const fast = three(1.1 * SOAK_CLAIM_KBPS).map(sender =>
      withTurn(sender, { sentKbps: 1e6, estimate: { ...sender.turn!.estimate, rateKbps: 1e6 } }),
    )
    const outcome = judgedSoak(fast, { atOnce: true })
    expect(outcome).to.have.nested.property('measurement.rateKbps', Math.round(1.05 * turnKbps(SOAK_CLAIM_KBPS)))
    const refusedTurn = {
      ...refused,
      turn: { ...three(0)[0]!.turn!, arrived: 0, verified: 0, highest: -1, control: undefined },
    }
    const low = three(0.6 * SOAK_CLAIM_KBPS).with(0, refusedTurn)
    expect(judgedSoak(low)).to.have.property('kind', 'under')
    expect(judgedSoak(low.with(1, { ...low[1]!, log: undefined })), 'one real low turn is left').to.have.property(
      'kind',
      'under',
    )
    expect(judgedSoak(three(1.1 * SOAK_CLAIM_KBPS).with(0, refusedTurn))).to.have.property('kind', 'verified')
  })
})
