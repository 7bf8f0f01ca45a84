/** The store's own records, field after field. Only this node reads them, so no field has a name or a number. */
import { fromHex, type Hex, toHex } from '../../proto/hex.js'

const LOW_BITS = 0x80
const FIRST_BYTES = 256

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #length = 0

  /** In groups of seven bits, the lowest first: see LEB128. @throws RangeError for what is no safe integer */
  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned integer.`)
    let rest = value
    for (; rest >= LOW_BITS; rest = Math.floor(rest / LOW_BITS)) this.#byte((rest % LOW_BITS) | LOW_BITS)
    return this.#byte(rest)
  }

  /** @param value at most 255 bytes long */
  big(value: bigint): this {
    const digits = value.toString(16)
    return this.bytes(value === 0n ? new Uint8Array() : fromHex(`0x${'0'.repeat(digits.length % 2)}${digits}`))
  }

  flag(value: boolean): this {
    return this.#byte(value ? 1 : 0)
  }

  /** Whoever reads it knows its length. */
  fixed(value: Uint8Array): this {
    this.#grow(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  hex(value: Hex): this {
    return this.fixed(fromHex(value))
  }

  /** With its length. */
  bytes(value: Uint8Array): this {
    return this.uint(value.length).fixed(value)
  }

  list<T>(values: readonly T[], write: (value: T) => unknown): this {
    this.uint(values.length)
    for (const value of values) write(value)
    return this
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #byte(value: number): this {
    this.#grow(1)
    this.#bytes[this.#length++] = value
    return this
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + by))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

export class ByteReader {
  #at = 0

  constructor(private readonly source: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.#at === this.source.length
  }

  uint(): number {
    let [value, weight] = [0, 1]
    for (;;) {
      const byte = this.#byte()
      value += (byte % LOW_BITS) * weight
      if (byte < LOW_BITS) return value
      weight *= LOW_BITS
    }
  }

  big(): bigint {
    const bytes = this.bytes()
    return bytes.length === 0 ? 0n : BigInt(toHex(bytes))
  }

  flag(): boolean {
    return this.#byte() === 1
  }

  /** A view of the source. */
  fixed(length: number): Uint8Array {
    const from = this.#at
    this.#at += length
    if (this.#at > this.source.length) throw new RangeError(`The record ends after ${this.source.length} bytes.`)
    return this.source.subarray(from, this.#at)
  }

  hex(length: number): Hex {
    return toHex(this.fixed(length))
  }

  bytes(): Uint8Array {
    return this.fixed(this.uint())
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.uint() }, read)
  }

  #byte(): number {
    return this.fixed(1)[0]!
  }
}
