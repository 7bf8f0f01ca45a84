import { expect } from 'chai'
import fc from 'fast-check'
import { judge, type PartyEvidence, type SessionFacts, unverifiableSenders } from '../judge.js'

const CLAIM_KBPS = 20_000
/** datagrams in 50 ms at the share of 11 Mbit/s */
const A_SHARE = 56

const logOf = (perInterval: number) => ({
  intervalMs: 50,
  sent: Array.from({ length: 30 }, () => perInterval),
  blocked: new Array(30).fill(0),
  errors: new Array(30).fill(0),
})

const granted: PartyEvidence = {
  answer: 'granted',
  ready: true,
  arrived: 500,
  highest: 1500,
  verified: 500,
  log: logOf(A_SHARE),
  jitterUs: 100,
}
const silent: PartyEvidence = {
  answer: 'missing',
  ready: false,
  arrived: 0,
  highest: -1,
  verified: 0,
  log: undefined,
  jitterUs: 0,
}
const refused: PartyEvidence = { ...silent, answer: 'refused' }
const unreachable: PartyEvidence = { ...silent, answer: 'unreachable' }
const notValidated: PartyEvidence = { ...silent, answer: 'granted' }
const nothingCame: PartyEvidence = { ...granted, arrived: 0, highest: -1, verified: 0 }
const tampered: PartyEvidence = { ...granted, verified: 0 }
const keyless: PartyEvidence = { ...granted, verified: 0, log: undefined }

function judged(parties: readonly PartyEvidence[], rateKbps: number, more: Partial<SessionFacts> = {}) {
  return judge({
    claimKbps: CLAIM_KBPS,
    breachBps: 7500,
    parties,
    estimate: { rateKbps, windows: 20, fromMs: 1200, toMs: 2200 },
    startMs: 1000,
    heard: true,
    starvedMs: 0,
    ...more,
  })
}

describe('judge', () => {
  it('verifies a reading at or above the line, and never above the claim', () => {
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
    const estimate = { rateKbps: 2_000, windows: 3, fromMs: 1200, toMs: 1350 }
    expect(judged([granted, granted, granted], 0, { estimate })).to.include({ kind: 'at-least', reason: 'unstable' })
    expect(judged([granted], 2_000)).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
  })

  it('never lets f′ of the senders make a provider that serves the others look bad', () => {
    const anything = fc.record<PartyEvidence>({
      answer: fc.constantFrom('granted', 'refused', 'unreachable', 'missing'),
      ready: fc.boolean(),
      arrived: fc.nat(1500),
      highest: fc.integer({ min: -1, max: 3000 }),
      verified: fc.nat(1500),
      log: fc.option(fc.nat(200).map(logOf), { nil: undefined }),
      jitterUs: fc.nat(10_000),
    })
    const full = { ...granted, arrived: 1500, verified: 1500 }
    fc.assert(
      fc.property(anything, fc.nat(2), fc.integer({ min: 22_000, max: 33_000 }), (faulty, slot, rateKbps) => {
        const party = { ...faulty, verified: Math.min(faulty.verified, faulty.arrived) }
        const outcome = judged([full, full, full].with(slot, party), rateKbps)
        expect(outcome).to.have.property('kind', 'verified')
        expect(outcome).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
      }),
    )
  })
})
