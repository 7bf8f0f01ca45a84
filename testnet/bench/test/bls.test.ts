import { expect } from 'chai'
import { measureBls } from '../bls/bls.js'
import { type Rates, ratio, verdictOf, WAYS } from '../bls/result.js'
import { blsTables } from '../bls/tables.js'

const rates: Rates = {
  ...{ blst: 2000, checker: 1900, 'blst, one digest': 8000, 'checker, one digest': 7500 },
  ...{ 'checker, one by one': 690, 'main thread, one by one': 700, 'checker, all wrong': 500 },
}

describe('the verdict of bench bls', () => {
  it('passes at nine tenths of the library, and not below', () => {
    expect(verdictOf([rates])).to.match(/^PASS bls: .* 0\.95 of the library.* 0\.94 for one digest, and 0\.71 /)
    for (const slow of [{ checker: 1790 }, { 'checker, one digest': 7190 }])
      expect(verdictOf([{ ...rates, ...slow }])).to.match(/^FAIL/)
  })

  it('takes the median of the rounds', () => {
    const rounds = [0.5, 0.95, 0.97, 0.96, 0.1].map(share => ({ ...rates, checker: 2000 * share }))
    expect(ratio(rounds, 'checker', 'blst')).to.equal(0.95)
  })
})

describe('bench bls', () => {
  it('times every way, with right verdicts in each', async () => {
    const result = await measureBls('test', 66, 1)
    for (const way of WAYS) expect(result.rounds[0]![way], way).to.be.above(0)
    expect(
      blsTables(result)
        .split('\n')
        .filter(line => line.startsWith('| ')),
    ).to.have.length(WAYS.length + 2)
  })
})
