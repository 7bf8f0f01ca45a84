/**
 * Draws that every node makes alike, from the 32-bit words of keccak256(seed ‖ counter). Words beyond the largest
 * multiple of the range are rejected, so that no choice is likelier than another.
 */
import { keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'

const WORD_RANGE = 2 ** 32
const WORDS_PER_HASH = 8
const WORD_DIGITS = 8

/** An endless source of numbers, the same for the same seed. */
export class Draw {
  readonly #seed: Hex
  #hash = ''
  #used = 0

  constructor(seed: Hex) {
    this.#seed = seed
  }

  /** Uniform in [0, range). @param range 1 to 2^32 */
  below(range: number): number {
    const limit = WORD_RANGE - (WORD_RANGE % range)
    let word = this.#next()
    while (word >= limit) word = this.#next()
    return word % range
  }

  /** `count` different items in the order drawn: a Fisher–Yates shuffle that stops early. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items]
    const drawn = Math.min(count, pool.length)
    for (let i = 0; i < drawn; i++) {
      const j = i + this.below(pool.length - i)
      const chosen = pool[j]!
      pool[j] = pool[i]!
      pool[i] = chosen
    }
    return pool.slice(0, drawn)
  }

  #next(): number {
    const at = this.#used % WORDS_PER_HASH
    if (at === 0) {
      this.#hash = keccakWords(['bytes32', 'uint32'], [this.#seed, this.#used / WORDS_PER_HASH]).slice(2)
    }
    this.#used++
    return Number.parseInt(this.#hash.slice(at * WORD_DIGITS, (at + 1) * WORD_DIGITS), 16)
  }
}
