import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { decodeCopy, encodeCopy, recordOwner, withoutEnd } from '../record-copy.js'
import { DamagedRecord, decodeRecord, encodeRecord } from '../record-format.js'

describe('a copy of a signing record', () => {
  const signed = [0, 1, 2].map(i => ({ slot: `report/${i}/0`, digest: keccakText(String(i)) }))
  const record = encodeRecord(new Uint8Array(32).fill(7), signed)
  const owner = recordOwner(new Uint8Array(48).fill(1))
  const contents = decodeRecord(record)
  const copy = encodeCopy(record, contents.heads.at(-1)!, owner)

  it('tells what was signed and whose it is', () => {
    expect(decodeCopy(copy)).to.deep.equal({ signed, owner })
    expect(recordOwner(new Uint8Array(48).fill(2))).to.not.equal(owner)
  })

  it('is a record with an end that can be taken off', () => {
    expect(withoutEnd(decodeRecord(copy))).to.deep.equal(contents)
    expect(withoutEnd(contents)).to.equal(contents)
    const empty = encodeRecord(new Uint8Array(32), [])
    const { heads } = decodeRecord(empty)
    expect(decodeCopy(encodeCopy(empty, heads[0]!, owner))).to.deep.equal({ signed: [], owner })
  })

  it('is refused if it is cut off at any byte, also between two entries, and with bytes after its end', () => {
    for (let length = 0; length < copy.length; length++)
      expect(() => decodeCopy(copy.subarray(0, length)), `${length} bytes`).to.throw(DamagedRecord)
    for (const extra of [1, 128, 256])
      expect(() => decodeCopy(Buffer.concat([copy, Buffer.alloc(extra)]))).to.throw(DamagedRecord)
  })

  it('is refused with any byte changed', () => {
    for (let at = 0; at < copy.length; at++) {
      const changed = Uint8Array.from(copy)
      changed[at]! ^= 1
      expect(() => decodeCopy(changed), `byte ${at}`).to.throw(DamagedRecord)
    }
  })
})
