import { expect } from 'chai'
import fc from 'fast-check'
import type { Hex } from '../../../proto/hex.js'
import { type Channel, priceOf } from '../../../proto/voucher.js'
import { earned, newlyPaidBytes, payableBytes } from '../channel.js'

const ACCOUNT: Hex = `0x${'11'.repeat(20)}`
const GIB = 2 ** 30

const channelAt = (price: bigint): Channel => ({
  ...{ number: 1, payer: ACCOUNT, payee: ACCOUNT, signer: ACCOUNT, price },
})

describe('what a channel pays', () => {
  it('is the price for a GiB, in proportion, rounded down', () => {
    expect(priceOf(GIB, 50n)).to.equal(50n)
    expect(priceOf(GIB / 2, 51n)).to.equal(25n)
    expect(priceOf(1, 50n)).to.equal(0n)
  })

  it('is never more than the deposit', () => {
    const channel = { channel: channelAt(100n), deposit: 250n }
    expect(payableBytes(channel)).to.equal(2.5 * GIB)
    expect(earned(2.5 * GIB, channel)).to.equal(250n)
    expect(earned(9 * GIB, channel)).to.equal(250n)
  })

  it('pays each byte once, up to the deposit, whatever vouchers come', () => {
    const totals = fc.array(fc.integer({ min: 0, max: 2 ** 40 }))
    const terms = fc.record({ price: fc.bigInt(1n, 2n ** 96n - 1n), deposit: fc.bigInt(1n, 2n ** 96n - 1n) })
    fc.assert(
      fc.property(totals, terms, (all, { price, deposit }) => {
        const channel = { channel: channelAt(price), deposit }
        const payable = payableBytes(channel)
        let [newest, carried] = [0, 0]
        for (const total of all) {
          carried += newlyPaidBytes(total, newest, payable)
          newest = Math.max(newest, total)
        }
        expect(carried).to.equal(Math.min(newest, payable))
        // What is carried for vouchers is what the escrow pays, to the wei that rounding takes.
        expect(priceOf(carried, price) <= deposit).to.equal(true)
        expect(earned(newest, channel) >= priceOf(carried, price)).to.equal(true)
      }),
    )
  })
})
