/** The judge's decisions on the turns of a soak. */
import { expect } from 'chai'
import type { TurnEvidence } from '../judge-turns.js'
import { isDirectProbeDue } from '../other-limit.js'
import { CLAIM_KBPS, CLEAN, half, honest, judged, LIES, logOf, SLOW_KBPS, three, withTurn } from './turn-samples.js'

describe('judging turns', () => {
  it('verifies the claim, and blames a low reading on the provider', () => {
    const fine = judged(three(1.1 * CLAIM_KBPS))
    expect(fine).to.have.property('kind', 'verified')
    expect(fine).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
    const slow = judged(three(SLOW_KBPS))
    expect(slow).to.have.property('kind', 'under')
    expect(slow).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
    if (slow.kind === 'under') expect(slow.measurement.offeredKbps).to.be.within(1.05 * CLAIM_KBPS, 1.12 * CLAIM_KBPS)
  })

  for (const [name, lie] of Object.entries(LIES)) {
    it(`is not moved by one sender of three: ${name}`, () => {
      for (const slot of [0, 1, 2]) {
        const of = (kbps: number) => judged(three(kbps).with(slot, lie(three(kbps)[slot]!, slot)))
        expect(of(1.1 * CLAIM_KBPS)).to.have.property('kind', 'verified')
        expect(of(1.1 * CLAIM_KBPS)).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
        expect(of(SLOW_KBPS)).to.have.property('kind', 'under')
        expect(of(SLOW_KBPS)).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
      }
    })
  }

  it('blames the senders if two of three offered too little', () => {
    const senders = three(SLOW_KBPS)
    const outcome = judged([half(senders[0]!, 0), half(senders[1]!, 1), senders[2]!])
    expect(outcome).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('believes no log that shows more than a turn, or less than what arrived', () => {
    const boast = three(SLOW_KBPS).map((sender, slot) => ({ ...sender, log: logOf(slot, 1, 1.2) }))
    expect(judged(boast)).to.include({ kind: 'at-least', reason: 'sender-limited' })
    const short = three(SLOW_KBPS).map((sender, slot) => ({ ...sender, log: logOf(slot), highest: 1e6 }))
    expect(judged(short)).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('blames the path if a sender’s own path was full in its turn, and free while all sent', () => {
    // Two of three senders have an uplink narrower than a turn. Over the whole soak they lose 6 % of their control
    // datagrams.
    const narrow = (control: TurnEvidence['control']) =>
      three(0.7 * CLAIM_KBPS).map((sender, slot) => (slot < 2 ? withTurn(sender, { control }) : sender))
    expect(judged(narrow({ sent: 100, arrived: 66, riseMs: 0.3 }))).to.include({
      kind: 'at-least',
      reason: 'path-limited',
    })
    expect(judged(narrow({ sent: 100, arrived: 100, riseMs: 300 }))).to.include({
      kind: 'at-least',
      reason: 'path-limited',
    })
    expect(judged(narrow({ sent: 100, arrived: 100, riseMs: 300 }), { kernelTimestamps: false })).to.have.property(
      'kind',
      'under',
    )
    expect(judged(narrow({ sent: 29, arrived: 29, riseMs: 0.3 }))).to.include({
      kind: 'at-least',
      reason: 'no-control',
    })
    expect(judged(narrow(undefined))).to.include({ kind: 'at-least', reason: 'no-control' })
    const lossy = three(SLOW_KBPS).map(sender => ({ ...sender, control: { ...CLEAN, arrived: 500 } }))
    expect(judged(lossy)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three(SLOW_KBPS), { direct: undefined })).to.include({ kind: 'at-least', reason: 'path-limited' })
  })

  it('credits hoarded data no faster than it was sent', () => {
    const held = three(SLOW_KBPS).map(sender =>
      withTurn(sender, { estimate: { ...sender.turn!.estimate, rateKbps: 1.1 * CLAIM_KBPS } }),
    )
    expect(judged(held)).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
  })

  it('accepts a soak without the record of one turn, and blames nobody', () => {
    const { turn: _, ...without } = honest(1, { kbps: SLOW_KBPS })
    const fine = three(1.1 * CLAIM_KBPS).with(1, without)
    expect(judged(fine)).to.have.property('kind', 'verified')
  })

  it('sends a direct probe if the reading may turn out low', () => {
    const facts = { claimKbps: CLAIM_KBPS, breachBps: 7500, needed: 2 }
    const due = (...rates: number[]) => {
      const turns = rates.map(rateKbps => ({ rateKbps, windows: 27, fromMs: 0, toMs: 1 }))
      return isDirectProbeDue(facts, 0, [500, 500, 500], [CLEAN, CLEAN, CLEAN], turns)
    }
    expect(due(16_000, 20_000, 20_000)).to.equal(false)
    expect(due(14_000, 20_000, 20_000), 'one may be garbage').to.equal(true)
    expect(due(0, 20_000, 20_000), 'a silent one').to.equal(false)
    expect(due(0, 14_000, 20_000)).to.equal(true)
    expect(due(0, 0, 20_000)).to.equal(true)
  })
})
