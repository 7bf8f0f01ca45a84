/**
 * Draws that every node makes alike, from the 32-bit words of keccak256(seed ‖ counter). Words beyond the largest
 * multiple of the range are rejected, so that no choice is likelier than another.
 */
import { encodeWords, writeAddress, writeUint } from '../../../proto/abi.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { hashInput, input, output } from '../../../proto/keccak.js'

const WORD_RANGE = 2 ** 32
const WORDS_PER_HASH = 8
const ABI_BYTES = 32

/** An endless source of numbers, the same for the same seed. */
export class Draw {
  readonly #seed = new Uint8Array(ABI_BYTES)
  readonly #hash = new Uint8Array(ABI_BYTES)
  #used = 0

  /** @param seed 32 bytes */
  constructor(seed: Hex | Uint8Array) {
    this.begin(typeof seed === 'string' ? fromHex(seed) : seed)
  }

  /** Goes on with the numbers of another seed. @param seed 32 bytes */
  begin(seed: Uint8Array): this {
    this.#seed.set(seed)
    this.#used = 0
    return this
  }

  /** Uniform in [0, range). @param range 1 to 2^32 */
  below(range: number): number {
    // 2^32 mod the range, in 32 bits: that of 2^32 itself takes many times as long.
    const limit = WORD_RANGE - ((-range >>> 0) % range)
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
    const at = (this.#used % WORDS_PER_HASH) * 4
    if (at === 0) {
      input.set(this.#seed)
      writeUint(input, ABI_BYTES, this.#used / WORDS_PER_HASH)
      hashInput(2 * ABI_BYTES)
      this.#hash.set(output)
    }
    this.#used++
    const hash = this.#hash
    return ((hash[at]! << 24) | (hash[at + 1]! << 16) | (hash[at + 2]! << 8) | hash[at + 3]!) >>> 0
  }
}

/** Draws for many accounts: the seed of each is keccak256(abi.encode(beacon, label, account, number)). */
export class Draws {
  readonly #prefix: Uint8Array
  readonly #draw = new Draw(new Uint8Array(ABI_BYTES))

  constructor(beacon: Hex, label: Hex) {
    this.#prefix = encodeWords(['bytes32', 'bytes32'], [beacon, label])
  }

  /** It ends with the next call: there is one draw, which begins anew. @param number uint32 */
  of(account: Hex, number: number): Draw {
    const at = this.#prefix.length
    input.set(this.#prefix)
    writeAddress(input, at, account)
    writeUint(input, at + ABI_BYTES, number)
    hashInput(at + 2 * ABI_BYTES)
    return this.#draw.begin(output)
  }
}
