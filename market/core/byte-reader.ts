/** Takes exact numbers of bytes off the beginning of a stream. What follows stays in the stream. */
import type { Readable } from 'node:stream'

export class ByteReader {
  readonly #stream: Readable
  #wake = () => {}

  constructor(stream: Readable) {
    this.#stream = stream
    for (const event of EVENTS) stream.on(event, this.#onEvent)
  }

  /** One call after the other. @returns undefined if the stream ends before */
  async take(length: number): Promise<Buffer | undefined> {
    if (length === 0) return Buffer.alloc(0)
    for (;;) {
      const changed = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      if (this.#stream.destroyed) return undefined
      const bytes = this.#stream.read(length) as Buffer | null
      // At its end, a stream gives what it has, however little.
      if (bytes !== null) return bytes.length === length ? bytes : undefined
      if (this.#stream.readableEnded) return undefined
      await changed
    }
  }

  /** Leaves the rest of the stream to others: while somebody listens to `readable`, nothing flows. */
  release(): void {
    for (const event of EVENTS) this.#stream.off(event, this.#onEvent)
  }

  // One listener for all waits: a new one would be told at once of bytes that are too few.
  readonly #onEvent = (): void => this.#wake()
}

const EVENTS = ['readable', 'end', 'close', 'error'] as const
