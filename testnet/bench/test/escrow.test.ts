import { expect } from 'chai'
import { Books } from '../escrow/books.js'
import { faultsOf, type Life } from '../escrow/bounds.js'

const LIMITS = { windowBytes: 100, creditBytes: 1000 }
const life = (some: Partial<Life>): Life => {
  const usual = { deliveredBytes: 500, signedBytes: 450, paidBytes: 450, windows: 1 }
  return { ...usual, provableBytes: some.deliveredBytes ?? usual.deliveredBytes, ...some }
}

describe('the bounds of a life', () => {
  it('hold where all that is unpaid fits into the window', () => {
    expect(faultsOf(life({ paidBytes: 400 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ paidBytes: 399 }), LIMITS)).to.have.length(1)
  })

  it('are the credit before the first payment', () => {
    expect(faultsOf(life({ deliveredBytes: 1000, signedBytes: 0, paidBytes: 0 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ deliveredBytes: 1001, signedBytes: 0, paidBytes: 0 }), LIMITS)).to.have.length(1)
  })

  it('let each of two legs leave a window', () => {
    expect(faultsOf(life({ paidBytes: 300, windows: 2 }), LIMITS)).to.deep.equal([])
    expect(faultsOf(life({ paidBytes: 299, windows: 2 }), LIMITS)).to.have.length(1)
  })

  it('take no signature for what came after the client’s death, and no voucher that nobody signed', () => {
    expect(faultsOf(life({ provableBytes: 449 }), LIMITS)).to.deep.equal(['signed for 450 bytes of 449 delivered'])
    expect(faultsOf(life({ paidBytes: 451 }), LIMITS)).to.deep.equal(['has a voucher for 451 bytes of 450 signed'])
  })
})

describe('the books of a bench', () => {
  const counts = (deliveredBytes: number, signed: number, voucher: number, windows = 1) => ({
    ...{ deliveredBytes, provableBytes: deliveredBytes, windows },
    ...{ signed: new Map([['0x1', signed]] as const), vouchers: new Map([['0x1', voucher]] as const) },
  })

  it('give a late voucher to the life in which it was signed', () => {
    const books = new Books()
    expect(books.look(counts(100, 90, 50))).to.deep.include({ deliveredBytes: 100, signedBytes: 90, paidBytes: 50 })
    books.end(counts(100, 90, 50))
    // The next life brought nothing, but what was signed before has come.
    expect(books.look(counts(100, 90, 90))).to.deep.include({ deliveredBytes: 0, signedBytes: 0, paidBytes: 0 })
    expect(books.look(counts(130, 110, 110, 2))).to.deep.include({ deliveredBytes: 30, paidBytes: 20, windows: 1 })
  })

  it('miss a voucher that falls, or is gone', () => {
    const books = new Books()
    books.look(counts(100, 90, 50))
    expect(books.lost(new Map([['0x1', 50]] as const))).to.deep.equal([])
    expect(books.lost(new Map([['0x1', 49]] as const))).to.deep.equal(['0x1'])
    expect(books.lost(new Map())).to.deep.equal(['0x1'])
  })

  it('count a new channel from zero, and keep what they know of one that is over', () => {
    const books = new Books()
    books.end(counts(100, 90, 50))
    const next = { signed: new Map([['0x2', 20]] as const), vouchers: new Map([['0x2', 10]] as const) }
    const both = { ...counts(150, 0, 0), ...next }
    expect(books.look(both)).to.deep.include({ deliveredBytes: 50, signedBytes: 20, paidBytes: 10 })
  })
})
