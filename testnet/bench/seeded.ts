/** Numbers that a seed decides: SHA-256 of seed and counter. */
import { createHash } from 'node:crypto'

const UINT32 = 2 ** 32

export class Seeded {
  readonly #seed: string
  #count = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  /** @param bytes at most 32 */
  hex(bytes: number): string {
    return this.#next().toString('hex', 0, bytes)
  }

  /** Uniform in [0, 1). */
  share(): number {
    return this.#next().readUInt32BE(0) / UINT32
  }

  #next(): Buffer {
    return createHash('sha256')
      .update(`${this.#seed} ${this.#count++}`)
      .digest()
  }
}
