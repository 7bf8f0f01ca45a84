import { expect } from 'chai'
import type { Outcome } from '../../../../probe/index.js'
import { worstOf } from '../../finding.js'
import { gradeLine } from '../line.js'

const NEED = { rateKbps: 100_000, what: 'the registered capacity', less: 'capacity RATE' }
const carried = (rateKbps: number, kind: 'verified' | 'under' = 'verified') =>
  ({ kind, measurement: { rateKbps } }) as unknown as Outcome

describe('the doctor on the line', () => {
  it('finds half the registered capacity, and says how to tell the line from the provider', () => {
    const finding = gradeLine(carried(50_000, 'under'), 100_000, NEED)
    expect(finding).to.include({ subject: 'line', grade: 'bad' })
    expect(finding.found).to.include('carried 50.00 Mbit/s of 100.0 Mbit/s')
    expect(finding.advice).to.include('another provider').and.include('capacity RATE')
  })

  it('takes no small provider for a proof, and no silence for a fault', () => {
    expect(gradeLine(carried(100_000), 100_000, NEED).grade).to.equal('good')
    expect(gradeLine(carried(25_000), 25_000, NEED).found).to.include('the rest is not shown')
    const silent = gradeLine({ kind: 'no-data', reason: 'provider-unreachable' }, 25_000, NEED)
    expect(silent.grade).to.equal('warning')
    expect(worstOf([silent, gradeLine(carried(100_000), 100_000, NEED)])).to.equal('warning')
    expect(worstOf([])).to.equal('good')
  })
})
