/**
 * The memory that recvmmsg and sendmmsg work on: laid out once, and used for every call. The positions of fields are
 * those of Linux with 64-bit pointers, counted in 32-bit words. A pointer takes two words, low word first, which avoids
 * BigInt.
 */
import type { Native } from './native.js'

/** struct mmsghdr */
export const HEADER_WORDS = 16
export const HEADER = {
  name: 0,
  nameLength: 2,
  iov: 4,
  iovCount: 6,
  control: 8,
  controlLength: 10,
  length: 14,
} as const
/** struct iovec */
export const IOV_WORDS = 4
export const IOV = { base: 0, length: 2 } as const
/** struct cmsghdr, with its data */
export const CONTROL_WORDS = 8
export const CONTROL = { length: 0, level: 2, type: 3, data: 4 } as const
/** struct sockaddr_in6, the longer of the two, rounded up */
export const NAME_WORDS = 8

/** Memory that never moves, with its address. */
export class Memory {
  readonly words: Uint32Array
  readonly address: number

  constructor(native: Native, words: number) {
    // With an ArrayBuffer of its own: the garbage collector may move small typed arrays, which lie on the heap.
    this.words = new Uint32Array(new ArrayBuffer(words * 4))
    this.address = native.addressOf(this.words)
  }

  at(word: number): number {
    return this.address + word * 4
  }

  point(word: number, address: number): void {
    this.words[word] = address % 2 ** 32
    this.words[word + 1] = Math.floor(address / 2 ** 32)
  }
}

/** A buffer that never moves, with its address. */
export function pinned(native: Native, bytes: number): { readonly buffer: Buffer; readonly address: number } {
  const buffer = Buffer.from(new ArrayBuffer(bytes))
  return { buffer, address: native.addressOf(buffer) }
}
