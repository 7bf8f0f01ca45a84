import { expect } from 'chai'
import type { Hex } from '../../../proto/hex.js'
import { Books } from '../escrow/books.js'
import { faultsOf, type Life } from '../escrow/bounds.js'

const LIMITS = { windowBytes: 100, creditBytes: 1000 }
const life = (some: Partial<Life>): Life => ({
  ...{ delivered: [500], provableBytes: 500, signedBytes: 450, paidBytes: 450 },
  ...some,
})

describe('the bounds of a life', () => {
  it('hold where all that is unpaid fits into the window', () => {
    expect(faultsOf(life({ paidBytes: 400 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ paidBytes: 399 }), LIMITS)).to.have.length(1)
  })

  it('are the credit before the first payment', () => {
    expect(faultsOf(life({ delivered: [1000], signedBytes: 0, paidBytes: 0 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ delivered: [1001], signedBytes: 0, paidBytes: 0 }), LIMITS)).to.have.length(1)
  })

  it('let each of two sessions leave a window', () => {
    expect(faultsOf(life({ delivered: [250, 250], paidBytes: 300 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ delivered: [250, 250], paidBytes: 299 }), LIMITS)).to.have.length(1)
    // A session that carried little leaves no more to the other.
    expect(faultsOf(life({ delivered: [20, 480], paidBytes: 379 }), LIMITS)).to.have.length(1)
  })

  it('take no signature for what came after the client’s death, and no voucher that nobody signed', () => {
    expect(faultsOf(life({ provableBytes: 449 }), LIMITS)).to.deep.equal(['signed for 450 bytes of 449 delivered'])
    expect(faultsOf(life({ paidBytes: 451 }), LIMITS)).to.deep.equal(['has a voucher for 451 bytes of 450 signed'])
  })
})

describe('the books of a bench', () => {
  const totals = (signed: number, voucher: number, id: Hex = '0x1') => ({
    signed: new Map([[id, signed]]),
    vouchers: new Map([[id, voucher]]),
  })

  it('give a late voucher to the life in which it was signed', () => {
    const books = new Books()
    expect(books.look(totals(90, 50))).to.deep.equal({ signedBytes: 90, paidBytes: 50 })
    books.end(totals(90, 50))
    // The next life brought nothing, but what was signed before has come.
    expect(books.look(totals(90, 90))).to.deep.equal({ signedBytes: 0, paidBytes: 0 })
    expect(books.look(totals(110, 110))).to.deep.equal({ signedBytes: 20, paidBytes: 20 })
  })

  it('miss a voucher that falls, or is gone', () => {
    const books = new Books()
    const { vouchers } = totals(90, 50)
    books.look(totals(90, 50))
    expect(books.lost(vouchers)).to.deep.equal([])
    expect(books.lost(totals(90, 49).vouchers)).to.deep.equal(['0x1'])
    expect(books.lost(new Map())).to.deep.equal(['0x1'])
    expect(books.voucherBytes).to.equal(50)
  })

  it('count a new channel from zero, and may miss one that is over', () => {
    const books = new Books()
    books.end(totals(90, 50))
    expect(books.look(totals(20, 10, '0x2'))).to.deep.equal({ signedBytes: 20, paidBytes: 10 })
  })
})
