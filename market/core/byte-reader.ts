/** Takes exact numbers of bytes off the beginning of a stream. What follows stays in the stream. */
import type { Readable } from 'node:stream'

export class ByteReader {
  readonly #stream: Readable
  readonly #ended: Promise<unknown>

  constructor(stream: Readable) {
    this.#stream = stream
    this.#ended = new Promise<void>(resolve => {
      stream.once('end', resolve)
      stream.once('close', resolve)
      stream.once('error', () => resolve())
    })
  }

  /** @returns undefined if the stream ends before */
  async take(length: number): Promise<Buffer | undefined> {
    if (length === 0) return Buffer.alloc(0)
    for (;;) {
      if (this.#stream.destroyed) return undefined
      const bytes = this.#stream.read(length) as Buffer | null
      // At its end, a stream gives what it has, however little.
      if (bytes !== null) return bytes.length === length ? bytes : undefined
      if (this.#stream.readableEnded) return undefined
      const readable = Promise.withResolvers<void>()
      this.#stream.once('readable', readable.resolve)
      await Promise.race([readable.promise, this.#ended])
      this.#stream.off('readable', readable.resolve)
    }
  }
}
