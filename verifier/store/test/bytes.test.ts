import { expect } from 'chai'
import fc from 'fast-check'
import { toHex } from '../../../proto/hex.js'
import { ByteReader, ByteWriter } from '../bytes.js'

describe('a record of the store', () => {
  it('reads back what was written, and ends there', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 2000 }),
        fc.array(fc.maxSafeNat()),
        (uint, big, flag, bytes, list) => {
          const out = new ByteWriter().uint(uint).big(big).flag(flag).bytes(bytes).hex(toHex(bytes))
          const from = new ByteReader(out.list(list, one => out.uint(one)).done())
          expect(from.uint()).to.equal(uint)
          expect(from.big()).to.equal(big)
          expect(from.flag()).to.equal(flag)
          expect(from.bytes()).to.deep.equal(bytes)
          expect(from.hex(bytes.length)).to.equal(toHex(bytes))
          expect(from.isAtEnd).to.equal(false)
          expect(from.list(() => from.uint())).to.deep.equal(list)
          expect(from.isAtEnd).to.equal(true)
        },
      ),
    )
  })

  it('holds no number that is not an unsigned integer', () => {
    for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => new ByteWriter().uint(wrong)).to.throw(RangeError)
  })

  it('that is cut off is not read', () => {
    const record = new ByteWriter().bytes(new Uint8Array(300)).done()
    for (const length of [0, 1, 2, 301])
      expect(() => new ByteReader(record.subarray(0, length)).bytes()).to.throw(RangeError)
  })
})
