/** The bytes of a flow: a keystream, so that both ends know each byte and nobody stores any. */
import { createCipheriv } from 'node:crypto'

const KEY_BYTES = 16
const ZEROS = Buffer.alloc(64 << 10)

export class Keystream {
  readonly #cipher

  /** @param seed in hexadecimal, 16 bytes */
  constructor(seed: string) {
    const key = Buffer.from(seed, 'hex')
    if (key.length !== KEY_BYTES) throw new RangeError('a seed has 16 bytes')
    this.#cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(KEY_BYTES))
  }

  next(length: number): Buffer {
    return this.#cipher.update(length <= ZEROS.length ? ZEROS.subarray(0, length) : Buffer.alloc(length))
  }
}
