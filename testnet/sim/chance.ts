/**
 * Numbers by chance for a simulation: the same for the same seed. The generator is sfc32 of PractRand (C. Doty-Humphrey), which
 * is fast. What the network itself draws comes from core's `Draw`.
 */
import { keccakText } from '../../proto/hash.js'

const WORD_RANGE = 2 ** 32
/** So many words are thrown away: then every bit of the seed has reached every bit of the state. */
const WARM_UP = 12

export class Chance {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(seed: string) {
    const hash = keccakText(seed).slice(2)
    const word = (i: number) => Number.parseInt(hash.slice(8 * i, 8 * i + 8), 16) | 0
    this.#a = word(0)
    this.#b = word(1)
    this.#c = word(2)
    this.#counter = word(3)
    for (let i = 0; i < WARM_UP; i++) this.#next()
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.#next() / WORD_RANGE
  }

  isTrue(chance: number): boolean {
    return this.unit() < chance
  }

  /** Uniform in [0, range), whole. */
  below(range: number): number {
    return Math.floor(this.unit() * range)
  }

  /** `count` different items. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items]
    return Array.from({ length: count }, () => pool.splice(this.below(pool.length), 1)[0]!)
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
