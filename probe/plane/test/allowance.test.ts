import { expect } from 'chai'
import fc from 'fast-check'
import { PAID_WINDOW_BYTES } from '../../constants.js'
import { Allowance, paidWindowBytes } from '../allowance.js'

const RATE_KBPS = 1000

describe('what a session may forward', () => {
  it('is what it was granted, while nobody pays', () => {
    const allowance = new Allowance(3000, RATE_KBPS)
    allowance.spend(2000)
    expect(allowance.has(1000)).to.equal(true)
    expect(allowance.has(1001)).to.equal(false)
  })

  it('is a window of 4 MiB, or of a second at the granted rate, ahead of what was paid', () => {
    expect(paidWindowBytes(RATE_KBPS)).to.equal(PAID_WINDOW_BYTES)
    expect(paidWindowBytes(800_000)).to.equal(100_000_000)
  })

  it('attack: whoever was granted more than the window and pays a byte has no more than the window', () => {
    const allowance = new Allowance(100 * PAID_WINDOW_BYTES, RATE_KBPS)
    allowance.spend(PAID_WINDOW_BYTES)
    allowance.pay(1)
    expect(allowance.has(1)).to.equal(true)
    expect(allowance.has(2)).to.equal(false)
  })

  it('has no end, as long as it is paid for', () => {
    const allowance = new Allowance(PAID_WINDOW_BYTES, RATE_KBPS)
    for (let left = 2 ** 33; left > 0; left -= PAID_WINDOW_BYTES) {
      expect(allowance.has(PAID_WINDOW_BYTES)).to.equal(true)
      allowance.spend(PAID_WINDOW_BYTES)
      allowance.pay(PAID_WINDOW_BYTES)
    }
  })

  it('comes back for what did not go on, and is no more than before', () => {
    const allowance = new Allowance(3000, RATE_KBPS)
    allowance.spend(3000)
    allowance.refund(1000)
    expect(allowance.has(1000)).to.equal(true)
    expect(allowance.has(1001)).to.equal(false)
    allowance.pay(1) // it sent 2000 so far
    expect(allowance.has(PAID_WINDOW_BYTES - 2000 + 1)).to.equal(true)
    expect(allowance.has(PAID_WINDOW_BYTES - 2000 + 2)).to.equal(false)
  })

  it('never is ahead of the payments by more than the window, in whatever order both come', () => {
    const steps = fc.array(
      fc.record({
        spend: fc.constantFrom('yes', 'no', 'in vain'),
        bytes: fc.integer({ min: 1, max: 2 * PAID_WINDOW_BYTES }),
      }),
    )
    fc.assert(
      fc.property(steps, all => {
        const allowance = new Allowance(PAID_WINDOW_BYTES, RATE_KBPS)
        let [forwarded, paid] = [0, 0]
        for (const { spend, bytes } of all) {
          if (spend === 'no') {
            allowance.pay(bytes)
            paid += bytes
          } else if (allowance.has(bytes)) {
            allowance.spend(bytes)
            if (spend === 'in vain') allowance.refund(bytes)
            else forwarded += bytes
          }
          expect(forwarded - paid).to.be.at.most(PAID_WINDOW_BYTES)
        }
      }),
    )
  })
})
