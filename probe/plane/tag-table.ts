/** A map with tags as keys. It looks up the first four bytes and then compares all eight, so it needs no string. */
import { TAG_BYTES } from '../../proto/datagram.js'

interface Entry<T> {
  readonly low: number
  readonly high: number
  readonly value: T
  /** another tag with the same first four bytes */
  readonly next: Entry<T> | undefined
}

export class TagTable<T> {
  readonly #entries = new Map<number, Entry<T>>()

  /** @param bytes hold the tag at `offset` */
  find(bytes: Buffer, offset = 0): T | undefined {
    const high = bytes.readInt32BE(offset + TAG_BYTES / 2)
    let entry = this.#entries.get(bytes.readInt32BE(offset))
    while (entry && entry.high !== high) entry = entry.next
    return entry?.value
  }

  /** Replaces the value of a known tag. */
  set(tag: Uint8Array, value: T): void {
    this.delete(tag)
    const { low, high } = wordsOf(tag)
    this.#entries.set(low, { low, high, value, next: this.#entries.get(low) })
  }

  delete(tag: Uint8Array): void {
    const { low, high } = wordsOf(tag)
    const rest: Entry<T>[] = []
    for (let entry = this.#entries.get(low); entry; entry = entry.next) if (entry.high !== high) rest.push(entry)
    const first = rest.reduce<Entry<T> | undefined>((next, entry) => ({ ...entry, next }), undefined)
    if (first) this.#entries.set(low, first)
    else this.#entries.delete(low)
  }
}

function wordsOf(tag: Uint8Array): { low: number; high: number } {
  const view = new DataView(tag.buffer, tag.byteOffset, TAG_BYTES)
  return { low: view.getInt32(0), high: view.getInt32(TAG_BYTES / 2) }
}
