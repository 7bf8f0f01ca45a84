/**
 * A sender's data: the AES-128-CTR keystream under its key K, from counter zero (NIST SP 800-38A). Datagram n holds the
 * bytes [n·1200, (n+1)·1200), and its header replaces the first 24. The data has full entropy, so nobody can compress
 * or guess it.
 */
import { createCipheriv } from 'node:crypto'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, HEADER_BYTES, TAG_BYTES } from '../../proto/datagram.js'

export const KEY_BYTES = 16
/** Offset of the masked send time. A chunk's hash covers each datagram from here on. */
export const TIME_OFFSET = HEADER_BYTES - 4

const AES_BLOCK_BYTES = 16
const CHUNK_BYTES = CHUNK_DATAGRAMS * DATAGRAM_BYTES
const CHUNK_BLOCKS = CHUNK_BYTES / AES_BLOCK_BYTES
const ZEROS = new Uint8Array(CHUNK_BYTES)

/** The keystream of one chunk (52 datagrams), in a new buffer. Whole chunks keep the cipher at full speed. */
export function chunkKeystream(key: Uint8Array, chunk: number): Buffer {
  const counter = Buffer.alloc(AES_BLOCK_BYTES)
  counter.writeBigUInt64BE(BigInt(chunk) * BigInt(CHUNK_BLOCKS), 8)
  return createCipheriv('aes-128-ctr', key, counter).update(ZEROS)
}

/** One datagram of a chunk's keystream. @param place 0 … 51 */
export const datagramAt = (chunk: Buffer, place: number): Buffer =>
  chunk.subarray(place * DATAGRAM_BYTES, (place + 1) * DATAGRAM_BYTES)

/**
 * Writes the header over a datagram's keystream, in place. Nothing is sealed yet: see header-seal.ts. The send time is
 * XORed with the keystream below it, so the receiver cannot read the time before the sender reveals its key.
 * @param sentUs microseconds since the sender's start
 */
export function layHeader(datagram: Buffer, tag: Uint8Array, slot: number, sequence: number, sentUs: number): void {
  const mask = datagram.readUInt32BE(TIME_OFFSET)
  datagram.set(tag, 0)
  datagram[TAG_BYTES] = slot
  datagram.writeUIntBE(sequence, TAG_BYTES + 1, 3)
  datagram.set(tag, TAG_BYTES + 4)
  datagram.writeUInt32BE((mask ^ sentUs) >>> 0, TIME_OFFSET)
}
