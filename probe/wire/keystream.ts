/**
 * A sender's data: AES-128-CTR keystream under its key K from counter zero (NIST SP 800-38A). Datagram n is the bytes
 * [n·1200, (n+1)·1200), with the header laid over the first 16 of them. Full entropy: nothing to compress or to guess.
 */
import { createCipheriv } from 'node:crypto'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, HEADER_BYTES, TAG_BYTES } from '../../proto/datagram.js'

export const KEY_BYTES = 16
/** Where the masked send time stands, and with it where the bytes begin that a chunk's hash covers. */
export const TIME_OFFSET = HEADER_BYTES - 4

const AES_BLOCK_BYTES = 16
const CHUNK_BYTES = CHUNK_DATAGRAMS * DATAGRAM_BYTES
const CHUNK_BLOCKS = CHUNK_BYTES / AES_BLOCK_BYTES
const ZEROS = new Uint8Array(CHUNK_BYTES)

/** The keystream of one chunk, 52 datagrams in a buffer of its own: a chunk at a time keeps the cipher at full speed. */
export function chunkKeystream(key: Uint8Array, chunk: number): Buffer {
  const counter = Buffer.alloc(AES_BLOCK_BYTES)
  counter.writeBigUInt64BE(BigInt(chunk) * BigInt(CHUNK_BLOCKS), 8)
  return createCipheriv('aes-128-ctr', key, counter).update(ZEROS)
}

/** The part of a chunk's keystream that is one datagram. @param place 0 … 51 */
export const datagramAt = (chunk: Buffer, place: number): Buffer =>
  chunk.subarray(place * DATAGRAM_BYTES, (place + 1) * DATAGRAM_BYTES)

/**
 * Lays the header over a datagram's keystream, in place. The send time (µs since the sender's start) is XORed with the
 * keystream below it: a relay can neither read nor choose it.
 */
export function layHeader(datagram: Buffer, tag: Uint8Array, slot: number, sequence: number, sentUs: number): void {
  const mask = datagram.readUInt32BE(TIME_OFFSET)
  datagram.set(tag, 0)
  datagram[TAG_BYTES] = slot
  datagram.writeUIntBE(sequence, TAG_BYTES + 1, 3)
  datagram.writeUInt32BE((mask ^ sentUs) >>> 0, TIME_OFFSET)
}
