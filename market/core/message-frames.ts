/** Whole messages over a stream of bytes: each with its length before it, in two bytes. */
import type { Duplex } from 'node:stream'
import type { MessageStream } from '../../probe/ports.js'
import type { ByteReader } from './byte-reader.js'

const LENGTH_BYTES = 2

export class MessageFrames implements MessageStream {
  readonly #stream: Duplex
  readonly #reader: ByteReader
  readonly #maxBytes: number

  /** @param maxBytes of a message that this end takes, below 2^16 */
  constructor(stream: Duplex, reader: ByteReader, maxBytes: number) {
    this.#stream = stream
    this.#reader = reader
    this.#maxBytes = maxBytes
  }

  async send(message: Uint8Array): Promise<void> {
    const frame = Buffer.alloc(LENGTH_BYTES + message.length)
    frame.writeUInt16BE(message.length)
    frame.set(message, LENGTH_BYTES)
    await new Promise<void>((resolve, reject) =>
      this.#stream.write(frame, error => (error ? reject(error) : resolve())),
    )
  }

  async receive(): Promise<Uint8Array | undefined> {
    const length = (await this.#reader.take(LENGTH_BYTES))?.readUInt16BE()
    if (length === undefined) return undefined
    if (length > this.#maxBytes) throw new RangeError(`a message of ${length} bytes, more than ${this.#maxBytes}`)
    return this.#reader.take(length)
  }

  async close(): Promise<void> {
    this.#stream.destroy()
  }
}
