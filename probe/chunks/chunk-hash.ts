/**
 * The hash of a chunk, 32 bytes: a key, and the GMAC under it (NIST SP 800-38D, AES-128) of what arrived. The payloads are
 * what is authenticated, and the initialization vector comes from the masked send times. It takes a quarter of the time of
 * SHA-256 (docs/adr/0048-chunks-by-gmac.md, which argues why it is enough).
 *
 * The receiver draws the key and shows it to nobody before the root is published. Whoever knows the key can make other data
 * with the same hash, so a provider that knew it could send 16 bytes in place of a chunk.
 */
import { createCipheriv, createHash } from 'node:crypto'

const KEY_BYTES = 16
const IV_BYTES = 12

/** The keys of one flow's chunks, as far as nobody else can tell them. */
export class HashKeys {
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** @param index of the chunk */
  of(index: number): Buffer {
    const place = Buffer.alloc(4)
    place.writeUInt32BE(index)
    return createHash('sha256').update(this.#secret).update(place).digest().subarray(0, KEY_BYTES)
  }
}

/**
 * @param maskedTimes of the datagrams that arrived, in order. @param payloads of the same datagrams, one after the other
 */
export function chunkHash(key: Uint8Array, maskedTimes: readonly number[], payloads: Uint8Array): Buffer {
  const times = Buffer.alloc(4 * maskedTimes.length)
  for (const [i, time] of maskedTimes.entries()) times.writeUInt32BE(time, 4 * i)
  const iv = createHash('sha256').update(times).digest().subarray(0, IV_BYTES)
  const gmac = createCipheriv('aes-128-gcm', key, iv)
  gmac.setAAD(payloads)
  gmac.final()
  return Buffer.concat([key, gmac.getAuthTag()])
}

/** Whether a chunk's hash, made by somebody else, is of these datagrams. */
export const isHashOf = (hash: Uint8Array, maskedTimes: readonly number[], payloads: Uint8Array): boolean =>
  chunkHash(hash.subarray(0, KEY_BYTES), maskedTimes, payloads).equals(hash)
