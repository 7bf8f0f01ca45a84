import { expect } from 'chai'
import fc from 'fast-check'
import { Credit } from '../credit.js'

const RULE = { bytes: 1000, periodMs: 100 }

describe('the credit of strangers', () => {
  it('is one sum for all hosts of a prefix, and another for each other prefix', () => {
    const credit = new Credit(RULE)
    credit.open('192.0.2.1', 600, 0)
    expect(credit.hasRoomFor('192.0.2.200', 401, 0)).to.equal(false)
    expect(credit.hasRoomFor('192.0.2.200', 400, 0)).to.equal(true)
    expect(credit.hasRoomFor('192.0.3.1', 1000, 0)).to.equal(true)
    credit.open('2001:db8:1::1', 1000, 0)
    expect(credit.hasRoomFor('2001:db8:1:ffff::9', 1, 0)).to.equal(false)
  })

  it('comes back with what a session did not use, or what its user paid for', () => {
    const credit = new Credit(RULE)
    const line = credit.open('192.0.2.1', 1000, 0)
    line.lower(300)
    expect(credit.hasRoomFor('192.0.2.2', 700, 1)).to.equal(true)
    line.close(100)
    expect(credit.hasRoomFor('192.0.2.2', 900, 2)).to.equal(true)
    expect(credit.hasRoomFor('192.0.2.2', 901, 2)).to.equal(false)
  })

  it('attack: whoever overpays one session gets no credit for others', () => {
    const credit = new Credit(RULE)
    credit.open('192.0.2.1', 500, 0).close(-1_000_000)
    expect(credit.hasRoomFor('192.0.2.1', 1001, 1)).to.equal(false)
  })

  it('attack: a session that lasts into the next period gives back nothing there', () => {
    const credit = new Credit(RULE)
    const line = credit.open('192.0.2.1', 1000, 0)
    credit.open('192.0.2.1', 1000, 100)
    line.close(0)
    expect(credit.hasRoomFor('192.0.2.1', 1, 101)).to.equal(false)
  })

  it('has no limit without a rule', () => {
    const credit = new Credit(undefined)
    credit.open('192.0.2.1', 2 ** 40, 0).lower(1)
    expect(credit.hasRoomFor('192.0.2.1', 2 ** 40, 0)).to.equal(true)
  })

  it('never gives more than its sum in a period, whatever sessions come and go', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 700 }), unpaid: fc.nat(700), lower: fc.nat(700) })
    fc.assert(
      fc.property(fc.array(step), steps => {
        const credit = new Credit(RULE)
        let unpaidBytes = 0
        for (const { bytes, unpaid, lower } of steps) {
          if (!credit.hasRoomFor('192.0.2.1', bytes, 0)) continue
          const line = credit.open('192.0.2.1', bytes, 0)
          line.lower(lower)
          const left = Math.min(unpaid, lower, bytes)
          line.close(left)
          unpaidBytes += left
        }
        expect(unpaidBytes).to.be.at.most(RULE.bytes)
      }),
    )
  })
})
