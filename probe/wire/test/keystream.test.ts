import { createCipheriv } from 'node:crypto'
import { expect } from 'chai'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, HEADER_BYTES } from '../../../proto/datagram.js'
import { chunkKeystream, datagramAt, layHeader, TIME_OFFSET } from '../keystream.js'

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

function counterBlock(key: Uint8Array, counter: number): Buffer {
  const block = Buffer.alloc(16)
  block.writeUInt32BE(counter, 12)
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(block)
}

describe('keystream', () => {
  it('begins with AES of a zero block (the H of the GCM specification’s test case 1)', () => {
    const stream = chunkKeystream(new Uint8Array(16), 0)
    expect(stream.subarray(0, 16).toString('hex')).to.equal('66e94bd4ef8a2c3b884cfa59ca342b2e')
  })

  it('gives datagram n the bytes from 1200·n, in any chunk', () => {
    for (const [chunk, place] of [
      [0, 1],
      [1, 0],
      [7, 51],
    ] as const) {
      const sequence = chunk * CHUNK_DATAGRAMS + place
      const datagram = datagramAt(chunkKeystream(KEY, chunk), place)
      expect(datagram.length).to.equal(DATAGRAM_BYTES)
      const firstBlock = (sequence * DATAGRAM_BYTES) / 16
      expect(datagram.subarray(0, 16).equals(counterBlock(KEY, firstBlock))).to.equal(true)
      expect(datagram.subarray(-16).equals(counterBlock(KEY, firstBlock + 74))).to.equal(true)
    }
  })

  it('takes a header with a masked send time, and leaves the payload', () => {
    const plain = datagramAt(chunkKeystream(KEY, 3), 5)
    const datagram = Buffer.from(plain)
    const tag = Buffer.from('a1a2a3a4a5a6a7a8', 'hex')
    layHeader(datagram, tag, 2, 161, 1_234_567)
    expect(datagram.subarray(0, 12).toString('hex')).to.equal('a1a2a3a4a5a6a7a8' + '02' + '0000a1')
    expect(datagram.readUInt32BE(TIME_OFFSET) ^ plain.readUInt32BE(TIME_OFFSET)).to.equal(1_234_567)
    expect(datagram.subarray(12, TIME_OFFSET).equals(tag)).to.equal(true)
    expect(datagram.subarray(HEADER_BYTES).equals(plain.subarray(HEADER_BYTES))).to.equal(true)
  })
})
