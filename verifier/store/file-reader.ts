/** A file of the database that is not what the database wrote. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile'
}

const VARINT_BITS = 7

/** Reads what the database's files are made of: varints, and strings with their length before them. */
export class FileReader {
  #at = 0

  constructor(readonly bytes: Uint8Array) {}

  get ended(): boolean {
    return this.#at >= this.bytes.length
  }

  /** @throws DamagedFile beyond the end, or beyond what a number holds exactly */
  varint(): number {
    let value = 0
    for (let factor = 1; factor <= Number.MAX_SAFE_INTEGER; factor *= 2 ** VARINT_BITS) {
      const byte = this.take(1)[0]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new DamagedFile('a number is too long')
  }

  /** @throws DamagedFile beyond the end */
  take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.bytes.length) throw new DamagedFile('it ends too early')
    const taken = this.bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  string(): Uint8Array {
    return this.take(this.varint())
  }
}
