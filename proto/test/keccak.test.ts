import { keccak_256 } from '@noble/hashes/sha3.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { toHex } from '../hex.js'
import { hashInput, hashOutput, input, keccak256, output } from '../keccak.js'

const messages = fc.uint8Array({ maxLength: 1000 })
const same = (bytes: Uint8Array) => {
  expect(toHex(keccak256(bytes))).to.equal(toHex(keccak_256(bytes)))
}

describe('Keccak-256', () => {
  it('has the known values', () => {
    const of = (text: string) => toHex(keccak256(new TextEncoder().encode(text)))
    expect(of('')).to.equal('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    expect(of('abc')).to.equal('0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45')
  })

  it('equals another implementation, for messages of any bytes', () => {
    fc.assert(fc.property(messages, same))
  })

  it('equals another implementation around the ends of blocks, and of what it takes in at once', () => {
    for (const end of [0, 136, 272, 64_872, 65_008, 2 * 65_008])
      for (let length = Math.max(0, end - 2); length <= end + 2; length++)
        same(Uint8Array.from({ length }, (_, i) => 7 * i + length))
  })

  it('hashes what was written into its input, and the digest once more', () => {
    fc.assert(
      fc.property(messages, bytes => {
        input.set(bytes)
        hashInput(bytes.length)
        expect(toHex(output)).to.equal(toHex(keccak_256(bytes)))
        hashOutput()
        expect(toHex(output)).to.equal(toHex(keccak_256(keccak_256(bytes))))
      }),
    )
  })
})
