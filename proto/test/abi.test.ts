import { expect } from 'chai'
import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { type AbiType, decodeRecord, encodeRecord, encodeWords } from '../abi.js'
import { decodeHeader, encodeHeader, HEADER_FIELDS } from '../header.js'
import { fromHex, type Hex, toHex } from '../hex.js'
import { decodeLeaf, encodeLeaf, LEAF_FIELDS } from '../leaf.js'
import { decodeVote, encodeVote, VOTE_FIELDS } from '../vote.js'
import { sampleHeader, sampleLeaf, sampleVote } from './samples.js'

const hexOf = (bytes: number): fc.Arbitrary<Hex> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(toHex)

const VALUES: Record<AbiType, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  uint8: fc.nat(0xff),
  uint16: fc.nat(0xffff),
  uint32: fc.nat(0xffffffff),
  uint64: fc.nat(Number.MAX_SAFE_INTEGER),
  uint256: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
  address: hexOf(20),
  bytes32: hexOf(32),
}

const typedValues = fc
  .array(fc.constantFrom(...(Object.keys(VALUES) as AbiType[])), { maxLength: 12 })
  .chain(types => fc.record({ types: fc.constant(types), values: fc.tuple(...types.map(type => VALUES[type])) }))

describe('ABI encoding', () => {
  it('equals the encoding by ethers', () => {
    fc.assert(
      fc.property(typedValues, ({ types, values }) => {
        expect(toHex(encodeWords(types, values))).to.equal(AbiCoder.defaultAbiCoder().encode(types, values))
      }),
    )
  })

  it('decodes to the record that was encoded', () => {
    fc.assert(
      fc.property(typedValues, ({ types, values }) => {
        const fields = types.map((type, i) => [`field${i}`, type] as const)
        const record = Object.fromEntries(values.map((value, i) => [`field${i}`, value]))
        expect(decodeRecord(fields, encodeRecord(fields, record as never))).to.deep.equal(record)
      }),
    )
  })

  it('decodes votes, leaves and headers to what was encoded', () => {
    expect(decodeVote(encodeVote(sampleVote()))).to.deep.equal(sampleVote())
    expect(decodeLeaf(encodeLeaf(sampleLeaf()))).to.deep.equal(sampleLeaf())
    expect(decodeHeader(encodeHeader(sampleHeader()))).to.deep.equal(sampleHeader())
    expect([VOTE_FIELDS, LEAF_FIELDS, HEADER_FIELDS].map(fields => fields.length)).to.deep.equal([30, 22, 10])
  })

  it('refuses values that do not fit their type', () => {
    const refused: [AbiType, unknown][] = [
      ['uint8', 256],
      ['uint16', -1],
      ['uint32', 0.5],
      ['uint64', Number.MAX_SAFE_INTEGER + 1],
      ['uint64', Number.NaN],
      ['uint256', -1n],
      ['uint256', 1n << 256n],
      ['address', `0x${'11'.repeat(19)}`],
      ['bytes32', `0x${'11'.repeat(33)}`],
    ]
    for (const [type, value] of refused)
      expect(() => encodeWords([type], [value]), `${type} ${value}`).to.throw(RangeError)
    expect(() => encodeWords(['bool'], [])).to.throw(RangeError)
  })

  it('refuses a record with a wrong length or padding that is not zero', () => {
    const decoded = (type: AbiType, word: string) => () => decodeRecord([['value', type]], fromHex(word))
    const ones = 'ff'.repeat(32)
    expect(decoded('uint8', 'ff'.repeat(31))).to.throw(RangeError)
    for (const type of ['bool', 'uint8', 'uint16', 'uint32', 'uint64', 'address'] as const) {
      expect(decoded(type, ones), type).to.throw(RangeError)
    }
  })
})
