import { expect } from 'chai'
import { unprovenVerdict } from '../unproven.js'

const MIB = 1 << 20
const verdict = (billedMib: number, provenMib: number, mbps: number) =>
  unprovenVerdict({ billedBytes: billedMib * MIB, provenBytes: provenMib * MIB }, mbps * 1000)

describe('what a provider bills beyond what is proven', () => {
  it('is fine as far as it may be under way, also on fast legs over a long way', () => {
    // Uploads at 100 Mbit/s over 200 and 120 ms, and at 200 Mbit/s over 100 ms, as they were measured.
    expect(verdict(7.9, 5, 100)).to.equal('fine')
    expect(verdict(35.4, 33.4, 100)).to.equal('fine')
    expect(verdict(7.7, 4.5, 200)).to.equal('fine')
    expect(verdict(3, 1.5, 10)).to.equal('fine')
  })

  it('has a leg replaced once it takes half of what the relay carries ahead of payments', () => {
    expect(verdict(400, 397.9, 10)).to.equal('worn')
    expect(verdict(400, 394.5, 100)).to.equal('fine')
    expect(verdict(400, 393.9, 100)).to.equal('worn')
  })

  it('attack: a provider that bills twice what it forwards is left within a second', () => {
    expect(verdict(5, 2.5, 10)).to.equal('unproven')
    expect(verdict(13, 6.5, 100)).to.equal('unproven')
  })
})
