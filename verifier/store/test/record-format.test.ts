/** The bytes of a signing record, with every single bit flipped, cut off at every byte, and spliced. */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import {
  BLOCK_BYTES,
  DamagedRecord,
  decodeHead,
  decodeRecord,
  encodeEntry,
  encodeHead,
  encodeRecord,
  isSameHead,
  type Signed,
} from '../record-format.js'

const SIGNED = 40
const ID = new Uint8Array(32).fill(7)
const entries = (count: number): Signed[] =>
  Array.from({ length: count }, (_, i) => ({ slot: `report/${i}/0`, digest: keccakText(String(i)) }))
const record = (count = SIGNED, id = ID): Uint8Array => new Uint8Array(encodeRecord(id, entries(count)))
const headOf = (bytes: Uint8Array) => decodeRecord(bytes).heads.at(-1)!
const block = (bytes: Uint8Array, index: number) => bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES)

describe('the bytes of a signing record', () => {
  it('have seals that are the SHA-256 of the previous seal and the body', () => {
    const bytes = record(2)
    let seal = new Uint8Array(32)
    for (let i = 0; i <= 2; i++) {
      const [body, sealed] = [block(bytes, i).subarray(0, 96), block(bytes, i).subarray(96)]
      seal = new Uint8Array(createHash('sha256').update(seal).update(body).digest())
      expect(new Uint8Array(sealed)).to.deep.equal(seal)
    }
    expect(new TextDecoder().decode(bytes.subarray(0, 37))).to.equal('bandwitness signing record, version 1')
    expect(bytes.subarray(64, 96)).to.deep.equal(ID)
    expect(bytes[BLOCK_BYTES]).to.equal('report/0/0'.length)
    expect(block(bytes, 1).subarray(64, 96)).to.deep.equal(fromHex(keccakText('0')))
  })

  it('decode to the entries that were encoded', () => {
    const slot = fc.string({ unit: 'grapheme', maxLength: 63 }).filter(text => Buffer.byteLength(text) <= 63)
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => keccakText(String(bytes)))
    fc.assert(
      fc.property(fc.array(fc.record({ slot, digest }), { maxLength: 20 }), signed => {
        expect(decodeRecord(encodeRecord(ID, signed)).signed).to.deep.equal(signed)
      }),
    )
  })

  it('show every flipped bit, except in the last entry, which then looks cut off', () => {
    const whole = record()
    const flipped = Uint8Array.from(whole)
    const last = whole.length - BLOCK_BYTES
    for (let bit = 0; bit < whole.length * 8; bit++) {
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      if (bit >> 3 < last) expect(() => decodeRecord(flipped), `bit ${bit}`).to.throw(DamagedRecord)
      else expect(headOf(flipped).entries, `bit ${bit}`).to.equal(SIGNED - 1) // for the witness to see
      flipped[bit >> 3] = whole[bit >> 3]!
    }
  })

  it('keep the entries before a cut at any byte, and no head of a longer record', () => {
    const whole = record()
    const { signed, heads } = decodeRecord(whole)
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length)
      if (length < BLOCK_BYTES) {
        expect(() => decodeRecord(cut)).to.throw(DamagedRecord)
        continue
      }
      const kept = Math.floor(length / BLOCK_BYTES) - 1
      expect(decodeRecord(cut).signed).to.deep.equal(signed.slice(0, kept))
      expect(headOf(cut)).to.deep.equal(heads[kept])
    }
  })

  it('may end in an interrupted write, of one entry at most', () => {
    const whole = record()
    for (const fill of [0, 0xff]) {
      for (const length of [1, 64, BLOCK_BYTES - 1, BLOCK_BYTES]) {
        const torn = Uint8Array.from([...whole, ...new Uint8Array(length).fill(fill)])
        expect(headOf(torn)).to.deep.equal(headOf(whole))
      }
      const longer = Uint8Array.from([...whole, ...new Uint8Array(BLOCK_BYTES + 1).fill(fill)])
      expect(() => decodeRecord(longer)).to.throw(DamagedRecord)
    }
  })

  it('show entries that were removed, moved, repeated or taken from another record', () => {
    const records = [record(6), record(6, new Uint8Array(32).fill(8))]
    const known = records.map(bytes => decodeRecord(bytes).heads)
    const piece = fc.record({ from: fc.nat(1), at: fc.nat(6) })
    let read = 0
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), pieces => {
        const spliced = Buffer.concat(pieces.map(({ from, at }) => block(records[from]!, at)))
        try {
          // The decoder reads at most the start of one of the two. Its heads are known, so the witness sees the end.
          const { heads } = decodeRecord(spliced)
          expect(heads).to.deep.equal(known[pieces[0]!.from]!.slice(0, heads.length))
          read++
        } catch (error) {
          if (!(error instanceof DamagedRecord)) throw error
        }
      }),
      { numRuns: 2000, examples: [[[0, 1, 2].map(at => ({ from: 0, at }))]] },
    )
    expect(read).to.be.greaterThan(0)
  })

  it('hold a slot of 63 bytes, but no longer one', () => {
    const digest = keccakText('a')
    expect(encodeEntry(ID, { slot: 'x'.repeat(63), digest })).to.have.length(BLOCK_BYTES)
    expect(() => encodeEntry(ID, { slot: 'x'.repeat(64), digest })).to.throw(RangeError)
    expect(() => encodeEntry(ID, { slot: 'x', digest: '0x12' })).to.throw(RangeError)
  })

  it('have a head that decodes to what was encoded, and that no other record has', () => {
    const head = headOf(record())
    expect(decodeHead(encodeHead(head))).to.deep.equal(head)
    expect(isSameHead(head, headOf(record(SIGNED - 1)))).to.equal(false)
    expect(isSameHead(head, headOf(record(SIGNED, new Uint8Array(32))))).to.equal(false)
  })
})
