/**
 * The datagrams of a leg, at most 1200 bytes:
 *
 *   tag 8 | slot 1, sequence 3 (masked) | AES-128-GCM: [content | kind 1 | zeros] | authentication 16
 *
 * A join has the client's public key between the masked word and the sealed part. The zeros are padding: the last byte
 * that is not zero is the kind (as in TLS 1.3, RFC 8446, section 5.4). So the length of the content needs no field, and
 * a packet of QUIC may fill the datagram.
 *
 * Tag, slot and sequence number are authenticated with the body. No sequence number is used twice under a key, and each
 * is the nonce of its datagram.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { DATAGRAM_BYTES, MAX_SEQUENCE, TAG_BYTES } from '../../proto/datagram.js'
import { AUTHENTICATION_BYTES, KIND_BYTES, LEG_HEADER_BYTES, PUBLIC_KEY_BYTES, WORD_BYTES } from './constants.js'
import type { SealKeys } from './leg-keys.js'
import { ReplayWindow } from './replay-window.js'

/** What the slot says. */
export const LEG_SLOT = 0
export const JOIN_SLOT = 1
/** A client sends far fewer joins for one leg. */
export const MOST_JOINS = 256

const CIPHER = 'aes-128-gcm'
const WORD_AT_NONCE = 8
const NO_BYTES = new Uint8Array()
const PLAIN = Buffer.alloc(DATAGRAM_BYTES)
const FRAME_BYTES = LEG_HEADER_BYTES + AUTHENTICATION_BYTES

export interface Body {
  readonly kind: number
  readonly content: Buffer
}

/** Why a datagram was not opened. */
export type Unopened = 'malformed' | 'replayed' | 'forged'

/** XORs slot and sequence number with a block of AES over the authentication. */
export class WordMask {
  readonly #cipher

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  }

  /** @returns the word, masked or unmasked: the operation is its own inverse */
  over(word: number, authentication: Uint8Array): number {
    return (word ^ this.#cipher.update(authentication).readUInt32BE(0)) >>> 0
  }

  /** @returns undefined for a datagram that is too short to have a word */
  slotOf(datagram: Buffer): number | undefined {
    return datagram.length < FRAME_BYTES ? undefined : this.wordOf(datagram) >>> 24
  }

  /** @param datagram of at least FRAME_BYTES */
  wordOf(datagram: Buffer): number {
    return this.over(datagram.readUInt32BE(TAG_BYTES), datagram.subarray(datagram.length - AUTHENTICATION_BYTES))
  }
}

function nonceOf(iv: Uint8Array, word: number): Uint8Array {
  const nonce = Buffer.from(iv)
  nonce.writeUInt32BE((nonce.readUInt32BE(WORD_AT_NONCE) ^ word) >>> 0, WORD_AT_NONCE)
  return nonce
}

/** Seals what one end sends on a leg. */
export class DatagramSealer {
  readonly #keys: SealKeys
  readonly #mask: WordMask
  readonly #slot: number
  /** tag, unmasked word, and what follows in clear */
  readonly #header: Buffer
  readonly #last: number
  #sequence = 0

  /**
   * @param tag of the datagrams
   * @param clientKey of joins, empty for all others
   */
  constructor(tag: Uint8Array, keys: SealKeys, clientKey: Uint8Array = NO_BYTES, firstSequence = 0) {
    this.#keys = keys
    this.#mask = new WordMask(keys.mask)
    this.#slot = clientKey.length > 0 ? JOIN_SLOT : LEG_SLOT
    this.#header = Buffer.concat([tag, new Uint8Array(WORD_BYTES), clientKey])
    this.#last = clientKey.length > 0 ? MOST_JOINS - 1 : MAX_SEQUENCE
    this.#sequence = firstSequence
  }

  /** How many more datagrams this end may send under this key. */
  get left(): number {
    return this.#last + 1 - this.#sequence
  }

  /** The sequence number of the next datagram. */
  get next(): number {
    return this.#sequence
  }

  /**
   * @param content may fill the datagram, less header, kind and authentication
   * @param padded to DATAGRAM_BYTES
   * @returns a buffer of its own; undefined once all sequence numbers are used
   */
  seal(kind: number, content: Uint8Array, padded: boolean): Buffer | undefined {
    if (this.#sequence > this.#last) return undefined
    const header = this.#header
    const word = ((this.#slot << 24) | this.#sequence++) >>> 0
    header.writeUInt32BE(word, TAG_BYTES)
    const plainBytes = padded ? DATAGRAM_BYTES - header.length - AUTHENTICATION_BYTES : content.length + KIND_BYTES
    const datagram = Buffer.allocUnsafe(header.length + plainBytes + AUTHENTICATION_BYTES)
    const cipher = createCipheriv(CIPHER, this.#keys.key, nonceOf(this.#keys.iv, word))
    cipher.setAAD(header)
    header.copy(datagram)
    cipher.update(plainOf(kind, content, plainBytes)).copy(datagram, header.length)
    cipher.final()
    const authentication = cipher.getAuthTag()
    authentication.copy(datagram, header.length + plainBytes)
    datagram.writeUInt32BE(this.#mask.over(word, authentication), TAG_BYTES)
    return datagram
  }
}

/** The calls of the cipher cost more than its work, so it gets all in one. The next call overwrites the result. */
function plainOf(kind: number, content: Uint8Array, length: number): Uint8Array {
  PLAIN.set(content)
  PLAIN[content.length] = kind
  PLAIN.fill(0, content.length + KIND_BYTES, length)
  return PLAIN.subarray(0, length)
}

/** Opens what one end hears on a leg. */
export class DatagramOpener {
  readonly #keys: SealKeys
  readonly #mask: WordMask
  readonly #slot: number
  readonly #headerBytes: number
  readonly #window = new ReplayWindow()

  constructor(keys: SealKeys, slot: typeof LEG_SLOT | typeof JOIN_SLOT = LEG_SLOT) {
    this.#keys = keys
    this.#mask = new WordMask(keys.mask)
    this.#slot = slot
    this.#headerBytes = LEG_HEADER_BYTES + (slot === JOIN_SLOT ? PUBLIC_KEY_BYTES : 0)
  }

  /** The highest sequence number that has come; −1 before the first. */
  get highest(): number {
    return this.#window.highest
  }

  /**
   * What an authentic datagram with a new sequence number holds. The tag must be the leg's.
   * @returns a body in memory of its own, or why there is none
   */
  open(datagram: Buffer): Body | Unopened {
    const sealedEnd = datagram.length - AUTHENTICATION_BYTES
    if (sealedEnd < this.#headerBytes + KIND_BYTES || datagram.length > DATAGRAM_BYTES) return 'malformed'
    const word = this.#mask.wordOf(datagram)
    if (word >>> 24 !== this.#slot) return 'forged'
    const sequence = word & MAX_SEQUENCE
    if (!this.#window.isNew(sequence)) return 'replayed'
    const plain = this.#decrypted(datagram, word, sealedEnd)
    if (!plain) return 'forged'
    this.#window.mark(sequence)
    let end = plain.length - 1
    while (end > 0 && plain[end] === 0) end--
    return { kind: plain[end]!, content: plain.subarray(0, end) }
  }

  #decrypted(datagram: Buffer, word: number, sealedEnd: number): Buffer | undefined {
    const header = Buffer.from(datagram.subarray(0, this.#headerBytes))
    header.writeUInt32BE(word, TAG_BYTES)
    const decipher = createDecipheriv(CIPHER, this.#keys.key, nonceOf(this.#keys.iv, word))
    decipher.setAAD(header)
    decipher.setAuthTag(datagram.subarray(sealedEnd))
    const plain = decipher.update(datagram.subarray(this.#headerBytes, sealedEnd))
    try {
      decipher.final()
      return plain
    } catch {
      return undefined
    }
  }
}

/** The client's public key in a join. @returns undefined for anything that cannot be a join at this exit */
export function clientKeyOf(datagram: Buffer, mask: WordMask): Buffer | undefined {
  // A full datagram for each X25519: a flood costs its sender bandwidth, and no answer is longer than the join.
  if (datagram.length !== DATAGRAM_BYTES) return undefined
  const word = mask.wordOf(datagram)
  if (word >>> 24 !== JOIN_SLOT || (word & MAX_SEQUENCE) >= MOST_JOINS) return undefined
  return Buffer.from(datagram.subarray(LEG_HEADER_BYTES, LEG_HEADER_BYTES + PUBLIC_KEY_BYTES))
}
