/** Sessions in which nothing arrived: what counts against the provider, and what has a cause of its own. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { SenderEvidence } from '../session-facts.js'
import { granted, judged, nothingCame, notValidated, refused, silent, unreachable } from './session-samples.js'

const inDoubt: SenderEvidence = { ...refused, refusal: 'in-doubt' }
const otherFamily: SenderEvidence = { ...refused, refusal: 'other-family' }
const outOfReach: SenderEvidence = { ...notValidated, host: undefined }
const cutOff: SenderEvidence = { ...nothingCame, small: 5 }

const outcomeOf = (...senders: SenderEvidence[]) => judged(senders, 0)
const noPath = (reason: string) => ({ kind: 'no-path', reason })

describe('a session in which nothing arrived', () => {
  it('is refused only by refusals that show a fault', () => {
    expect(outcomeOf(refused, refused, silent)).to.deep.equal({ kind: 'refused', refusals: 2 })
    expect(outcomeOf(inDoubt, inDoubt, inDoubt)).to.deep.equal(noPath('refusals'))
    expect(outcomeOf(refused, inDoubt, inDoubt)).to.deep.equal(noPath('refusals'))
    expect(outcomeOf(refused, inDoubt, silent)).to.deep.equal(noPath('refusals'))
    expect(outcomeOf(otherFamily, otherFamily, silent)).to.deep.equal(noPath('family'))
  })

  it('has a cause if a path loses what is large, or all of the provider’s datagrams', () => {
    expect(outcomeOf(cutOff, cutOff, cutOff)).to.deep.equal(noPath('path-mtu'))
    expect(outcomeOf(cutOff, cutOff, silent)).to.deep.equal(noPath('path-mtu'))
    expect(outcomeOf(outOfReach, outOfReach, outOfReach)).to.deep.equal(noPath('udp-blocked'))
    expect(outcomeOf(outOfReach, outOfReach, unreachable)).to.deep.equal(noPath('udp-blocked'))
  })

  it('is dead if the provider asked for the echo and went no further, or took data and sent none on', () => {
    for (const sender of [notValidated, nothingCame])
      expect(outcomeOf(sender, sender, silent)).to.deep.equal({ kind: 'dead', granted: 2 })
    expect(outcomeOf(nothingCame, nothingCame, outOfReach)).to.have.property('kind', 'dead')
    expect(outcomeOf(nothingCame, refused, inDoubt)).to.have.property('kind', 'dead')
  })

  it('is not excused by one sender of three, nor made worse by one', () => {
    const excuses = [inDoubt, otherFamily, outOfReach, cutOff, silent, unreachable]
    for (const excuse of excuses) {
      expect(outcomeOf(nothingCame, nothingCame, excuse)).to.have.property('kind', 'dead')
      expect(outcomeOf(refused, refused, excuse)).to.have.property('kind', 'refused')
      for (const blame of [nothingCame, refused])
        expect(outcomeOf(blame, excuse, excuse).kind).to.be.oneOf(['no-path', 'no-data'])
    }
  })

  it('is no reading of the rest if enough senders were refused, whatever the reasons', () => {
    const served = { ...granted, spanKbps: 9_000 }
    expect(judged([inDoubt, inDoubt, served], 9_000)).to.deep.equal(noPath('refusals'))
    expect(judged([refused, refused, served], 9_000)).to.have.property('kind', 'refused')
    expect(judged([refused, inDoubt, served], 9_000)).to.deep.equal(noPath('refusals'))
  })

  it('blames nobody if fewer than k − f’ senders show a fault, in any order', () => {
    const sender = fc.constantFrom(inDoubt, otherFamily, outOfReach, cutOff, silent, unreachable)
    const blame = fc.constantFrom(nothingCame, refused, notValidated)
    fc.assert(
      fc.property(fc.array(sender, { minLength: 4, maxLength: 4 }), blame, fc.nat(4), (others, one, at) => {
        const senders = [...others.slice(0, at), one, ...others.slice(at)]
        return ['no-path', 'no-data'].includes(judged(senders, 0).kind)
      }),
    )
  })
})
