/** GMAC is linear for whoever knows its key. Attack: what a provider, and a receiver after the key's reveal, can make of that. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { CHUNK_DATAGRAMS, HEADER_BYTES, PAYLOAD_BYTES } from '../../../proto/datagram.js'
import { chunkKeystream, datagramAt, layHeader, TIME_OFFSET } from '../../wire/keystream.js'
import type { Chunk } from '../chunk.js'
import { chunkHash, HashKeys, isHashOf } from '../chunk-hash.js'
import { ChunkCollector } from '../collect.js'
import { Publication } from '../openings.js'
import { chunksOf } from '../table.js'
import { verifyChunks } from '../verify.js'

const BLOCK_BYTES = 16
const SLOT = 0
const key = randomBytes(16)
const ANY_TIME_US = 0xffffffff

/** One full chunk as it arrives, and what its receiver keeps of it. */
function received(hashSecret = randomBytes(32)): Chunk {
  const collector = new ChunkCollector(CHUNK_DATAGRAMS, hashSecret)
  for (let sequence = 0; sequence < CHUNK_DATAGRAMS; sequence++) {
    const datagram = datagramAt(chunkKeystream(key, 0), sequence)
    layHeader(datagram, randomBytes(8), SLOT, sequence, sequence * 100)
    collector.accept(sequence, datagram.readUInt32BE(TIME_OFFSET), datagram.subarray(HEADER_BYTES), sequence)
  }
  return chunksOf(collector.finish().rows)[0]!
}

const toBlock = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
/** Multiplication in GF(2¹²⁸) with GCM's order of bits (SP 800-38D, section 6.3). */
function times(x: bigint, y: bigint): bigint {
  let [z, v] = [0n, y]
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) z ^= v
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n
  }
  return z
}

describe('the hash of a chunk', () => {
  it('is its key and the GMAC of the payloads, computed from the standard’s formulas', () => {
    const hashKey = randomBytes(16)
    const payloads = randomBytes(4 * BLOCK_BYTES)
    const encrypt = (block: Uint8Array) => {
      const cipher = createCipheriv('aes-128-ecb', hashKey, null)
      return toBlock(cipher.update(block))
    }
    const h = encrypt(Buffer.alloc(BLOCK_BYTES))
    const lengths = (BigInt(payloads.length * 8) << 64n).toString(16).padStart(32, '0')
    const blocks = [
      ...Array.from({ length: 4 }, (_, i) => payloads.subarray(i * 16, i * 16 + 16)),
      Buffer.from(lengths, 'hex'),
    ]
    const ghash = blocks.reduce((sum, block) => times(sum ^ toBlock(block), h), 0n)
    // SHA-256 of the eight bytes 00000001 00000002, of which the first twelve count.
    const iv = Buffer.from('0f585dd518ed0644f3edfd3f', 'hex')
    const tag = ghash ^ encrypt(Buffer.concat([iv, Buffer.from([0, 0, 0, 1])]))
    const expected = Buffer.concat([hashKey, Buffer.from(tag.toString(16).padStart(32, '0'), 'hex')])
    expect(chunkHash(hashKey, [1, 2], payloads)).to.deep.equal(expected)
  })

  it('is wrong for every other payload that a provider can make without the key, also if it is the same under another key', () => {
    const [hashKey, guessed] = [randomBytes(16), randomBytes(16)]
    const payloads = randomBytes(CHUNK_DATAGRAMS * PAYLOAD_BYTES)
    const hash = chunkHash(hashKey, [1], payloads)
    const forged = collision(guessed, payloads)
    expect(isHashOf(chunkHash(guessed, [1], payloads), [1], forged), 'under the key that it was made for').to.equal(
      true,
    )
    expect(isHashOf(hash, [1], forged)).to.equal(false)
    expect(isHashOf(hash, [1], payloads)).to.equal(true)
  })

  it('lets nobody move a send time once the key is known, although he knows the key of the hash', async () => {
    const chunk = received()
    expect((await verifyChunks(key, [chunk], ANY_TIME_US)).datagrams).to.equal(CHUNK_DATAGRAMS)
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      const maskedTimes = Uint32Array.from(chunk.maskedTimes)
      maskedTimes[place]! ^= 1
      expect(
        (await verifyChunks(key, [{ ...chunk, maskedTimes }], ANY_TIME_US)).datagrams,
        `datagram ${place}`,
      ).to.equal(0)
    }
  })

  it('commits to its key: with another, which fits the data too, the root is another', async () => {
    const chunk = received()
    const payloads = Buffer.concat(
      Array.from({ length: CHUNK_DATAGRAMS }, (_, i) => datagramAt(chunkKeystream(key, 0), i).subarray(HEADER_BYTES)),
    )
    const later = { ...chunk, hash: chunkHash(randomBytes(16), [...chunk.maskedTimes], payloads) }
    expect((await verifyChunks(key, [later], ANY_TIME_US)).datagrams).to.equal(CHUNK_DATAGRAMS)
    expect(new Publication([[later]]).root).to.not.equal(new Publication([[chunk]]).root)
  })

  it('has a key of its own in each chunk, session and sender', () => {
    const keys = [randomBytes(32), randomBytes(32)].map(secret => new HashKeys(secret))
    const all = keys.flatMap(one => [0, 1, 2 ** 20].map(index => one.of(index).toString('hex')))
    expect(new Set(all).size).to.equal(6)
    expect(received(Buffer.alloc(32, 1)).hash).to.deep.equal(received(Buffer.alloc(32, 1)).hash)
    expect(received().hash.subarray(0, 16)).to.not.deep.equal(received().hash.subarray(0, 16))
  })
})

/** Other payloads with the same GMAC under this key: the first block changes by d, and the second by d·H. */
function collision(hashKey: Uint8Array, payloads: Uint8Array): Buffer {
  const h = toBlock(createCipheriv('aes-128-ecb', hashKey, null).update(Buffer.alloc(BLOCK_BYTES)))
  const forged = Buffer.from(payloads)
  const change = (at: number, by: bigint) => {
    const block = toBlock(forged.subarray(at, at + BLOCK_BYTES)) ^ by
    forged.set(Buffer.from(block.toString(16).padStart(32, '0'), 'hex'), at)
  }
  change(0, 1n << 127n)
  change(BLOCK_BYTES, times(1n << 127n, h))
  return forged
}
