import { expect } from 'chai'
import { START_LEAD_MS } from '../../probe/constants.js'
import { narrowParams, testnetParams } from '../epoch-length.js'

describe('testnetParams', () => {
  const seconds = (verifiers: number, providers: number) => testnetParams(verifiers, providers).epochSeconds

  it('gives the default mix of 5 verifiers and 4 providers 7 rounds, so 15 seconds', () =>
    expect(seconds(5, 4)).to.equal(15))
  it('never goes below 10 seconds', () => expect(seconds(4, 1)).to.equal(10))
  it('gives a lone provider a slot for each verifier', () => expect(seconds(12, 1)).to.equal(23))
  it('grows with the mix', () => expect(seconds(8, 8)).to.equal(40))
})

describe('narrowParams', () => {
  const rounds = (verifiers: number, providers: number, capacityKbps: number) => {
    const params = narrowParams(verifiers, providers, { claimKbps: 40_000, capacityKbps })
    return Math.floor((params.epochSeconds * 1000 - params.leadMs) / params.slotMs)
  }

  it('has a round for every group of receivers of every provider', () => {
    expect(rounds(5, 2, 50_000)).to.equal(2 * 2)
    expect(rounds(7, 2, 25_000)).to.equal(2 * 2)
    expect(rounds(5, 2, 70_000)).to.equal(5 * 2)
  })

  it('has slots in which a group shakes hands before its instant', () => {
    const { offsetMs, slotMs } = narrowParams(5, 2, { claimKbps: 40_000, capacityKbps: 50_000 })
    expect(offsetMs).to.be.at.least(START_LEAD_MS)
    expect(slotMs).to.be.greaterThan(2 * offsetMs)
  })

  it('says so if no group of verifiers can take the claim', () =>
    expect(() => narrowParams(7, 1, { claimKbps: 40_000, capacityKbps: 20_000 })).to.throw(
      '--capacity 20 is too little',
    ))
})
