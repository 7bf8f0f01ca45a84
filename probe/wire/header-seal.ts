/**
 * The seal of data headers. A relay that could write a sequence number would decide what was lost, and one that could
 * read it would choose whose data to drop. So sender number, sequence number and send time form one AES block, under a
 * key that the receiver gives the sender with its invitation. The provider never sees this key.
 *
 * The block also holds the tag. AES is a pseudorandom permutation, so whatever else the block is changed to, it opens to
 * the right tag with probability 2^−64 (encode-then-encipher: Bellare and Rogaway, ASIACRYPT 2000). The receiver drops
 * such a datagram at arrival. See docs/adr/0020-sealed-headers.md.
 *
 * One call of the cipher costs as much as some sixty blocks. So both ends seal and open a whole batch with one call.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { DATAGRAM_BYTES, SEALED_BYTES, TAG_BYTES } from '../../proto/datagram.js'

export const HEADER_KEY_BYTES = 16

const CIPHER = 'aes-128-ecb'
const TAG_AT = 4
const TIME_AT = 12

export class HeaderSeal {
  readonly #cipher
  readonly #blocks: Buffer

  /** @param most datagrams of one call */
  constructor(key: Uint8Array, most: number) {
    this.#cipher = createCipheriv(CIPHER, key, null).setAutoPadding(false)
    this.#blocks = Buffer.alloc(most * SEALED_BYTES)
  }

  /** Seals the headers of the first `count` datagrams in place. @param datagrams one after another, without a gap */
  seal(datagrams: Buffer, count: number): void {
    const blocks = this.#blocks
    for (let i = 0; i < count; i++) copyBlock(datagrams, i * DATAGRAM_BYTES + TAG_BYTES, blocks, i * SEALED_BYTES)
    const sealed = this.#cipher.update(blocks.subarray(0, count * SEALED_BYTES))
    for (let i = 0; i < count; i++) copyBlock(sealed, i * SEALED_BYTES, datagrams, i * DATAGRAM_BYTES + TAG_BYTES)
  }
}

/** For so few bytes a loop is faster than a call of `copy`. */
function copyBlock(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < SEALED_BYTES; i++) to[toAt + i] = from[fromAt + i]!
}

/** Opens the headers that arrive under one tag. First each header of a batch is taken, then all are opened at once. */
export class HeaderOpener {
  readonly #decipher
  readonly #tag: Buffer
  readonly #slot: number
  readonly #sealed: Buffer
  #opened: Buffer = Buffer.alloc(0)
  #taken = 0

  /** @param most datagrams of one batch */
  constructor(key: Uint8Array, tag: Uint8Array, slot: number, most: number) {
    this.#decipher = createDecipheriv(CIPHER, key, null).setAutoPadding(false)
    this.#tag = Buffer.from(tag)
    this.#slot = slot
    this.#sealed = Buffer.alloc(most * SEALED_BYTES)
  }

  /** @param headers hold a whole header at `offset`. @returns the header's place in the batch */
  take(headers: Buffer, offset: number): number {
    copyBlock(headers, offset + TAG_BYTES, this.#sealed, this.#taken * SEALED_BYTES)
    return this.#taken++
  }

  /** Opens all headers that were taken since the last call. */
  open(): void {
    if (this.#taken === 0) return
    this.#opened = this.#decipher.update(this.#sealed.subarray(0, this.#taken * SEALED_BYTES))
    this.#taken = 0
  }

  /** @returns the sequence number; undefined if the sender did not seal this header */
  sequence(place: number): number | undefined {
    const at = place * SEALED_BYTES
    for (let i = 0; i < TAG_BYTES; i++) if (this.#opened[at + TAG_AT + i] !== this.#tag[i]) return undefined
    const word = this.#opened.readUInt32BE(at)
    return word >>> 24 === this.#slot ? word & 0xffffff : undefined
  }

  /** The send time, still masked. */
  maskedTime(place: number): number {
    return this.#opened.readUInt32BE(place * SEALED_BYTES + TIME_AT)
  }
}
