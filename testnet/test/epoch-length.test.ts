import { expect } from 'chai'
import { testnetParams } from '../epoch-length.js'

describe('testnetParams', () => {
  const seconds = (verifiers: number, providers: number) => testnetParams(verifiers, providers).epochSeconds

  it('gives the default mix of 5 verifiers and 4 providers 7 rounds, so 15 seconds', () =>
    expect(seconds(5, 4)).to.equal(15))
  it('never goes below 10 seconds', () => expect(seconds(4, 1)).to.equal(10))
  it('gives a lone provider a slot for each verifier', () => expect(seconds(12, 1)).to.equal(23))
  it('grows with the mix', () => expect(seconds(8, 8)).to.equal(40))
})
