/**
 * Messages over a libp2p stream: a length of 4 bytes, big-endian, then the message.
 *
 * A slow reader holds the sender back. The stream pauses as soon as bytes arrive while no `receive` is pending, so at most
 * one window of the muxer and one message wait here. (libp2p's own iteration over a stream reads ahead without bound.)
 */
import type { Stream } from '@libp2p/interface'
import type { ProviderStream } from '../../probe/ports.js'

const LENGTH_BYTES = 4

/** How long the other side may take to close after this side has, before the stream is reset. */
const CLOSE_LINGER_MS = 5000

export type StreamErrorCode = 'closed' | 'broken' | 'too-large' | 'aborted' | 'unreachable'

/** A fault of a peer's stream. Never a reason for a node to stop. */
export class StreamError extends Error {
  constructor(
    readonly code: StreamErrorCode,
    message: string,
    cause?: unknown,
    /** that the peer wanted to send, of a message that is too large */
    readonly bytes = 0,
  ) {
    super(message, { cause })
    this.name = 'StreamError'
  }
}

export class FramedStream implements ProviderStream {
  readonly #stream: Stream
  readonly #maxBytes: number
  /** of the next message */
  #limitBytes: number
  readonly #chunks: Uint8Array[] = []
  #buffered = 0
  #wake: (() => void) | undefined
  #receiving = false
  #remoteEnded = false
  #closing: Promise<void> | undefined
  #error: StreamError | undefined

  /**
   * @param maxBytes of a received message; the encoder limits sent messages
   * @param signal resets the open stream when it aborts
   * @param firstBytes of the first received message
   */
  constructor(
    stream: Stream,
    readonly remoteHost: string,
    maxBytes: number,
    signal?: AbortSignal,
    firstBytes = maxBytes,
  ) {
    this.#stream = stream
    this.#maxBytes = maxBytes
    this.#limitBytes = firstBytes
    const reset = stream.status === 'reset' || stream.status === 'aborted'
    this.#remoteEnded = stream.remoteWriteStatus === 'closed' && !reset
    const onAbort = () => this.#fail(new StreamError('aborted', 'stream aborted', signal?.reason))
    if (!reset) signal?.addEventListener('abort', onAbort, { once: true })
    stream.addEventListener('message', ({ data }) => this.#take(data.subarray()))
    stream.addEventListener('remoteCloseWrite', () => {
      this.#remoteEnded = true
      this.#wake?.()
    })
    stream.addEventListener('close', event => {
      signal?.removeEventListener('abort', onAbort)
      if (event.error !== undefined || !this.#remoteEnded) {
        this.#error ??= new StreamError('broken', 'the peer broke the stream', event.error)
      }
      this.#wake?.()
    })
    if (signal?.aborted === true) onAbort()
    else if (reset) this.#error = new StreamError('broken', 'the peer broke the stream')
  }

  /** Resolves once the muxer has taken the message. @throws StreamError */
  async send(message: Uint8Array): Promise<void> {
    if (this.#closing !== undefined) throw new StreamError('closed', 'stream is closed')
    if (this.#error !== undefined) throw this.#error
    const frame = new Uint8Array(LENGTH_BYTES + message.length)
    new DataView(frame.buffer).setUint32(0, message.length)
    frame.set(message, LENGTH_BYTES)
    try {
      this.#stream.send(frame)
    } catch (cause) {
      throw this.#error ?? new StreamError('broken', 'the stream takes no more data', cause)
    }
    await this.#drained()
  }

  /** One call at a time. @throws StreamError, also when the peer stops in the middle of a message */
  async receive(): Promise<Uint8Array | undefined> {
    if (this.#receiving) throw new Error('receive is called twice at once')
    this.#receiving = true
    try {
      for (;;) {
        const message = this.#next()
        if (message !== undefined) return message
        if (this.#closing !== undefined) return undefined
        // `resume` at once delivers the bytes that libp2p held while the stream was paused
        const before = this.#buffered
        if (this.#stream.readStatus === 'paused') this.#stream.resume()
        if (this.#buffered > before) continue
        if (this.#error !== undefined) throw this.#error
        if (this.#remoteEnded && this.#stream.readBufferLength === 0) {
          if (this.#buffered > 0) throw new StreamError('broken', 'the peer closed in the middle of a message')
          return undefined
        }
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    } finally {
      this.#receiving = false
    }
  }

  /** Sends queued messages, then ends both directions. Drops unread messages. Never throws. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Resets the stream: the peer sees it broken. */
  abort(reason: Error): void {
    this.#fail(new StreamError('aborted', reason.message, reason))
  }

  async #close(): Promise<void> {
    this.#wake?.()
    this.#drop()
    if (this.#stream.status !== 'open') return
    const linger = setTimeout(
      () => this.#stream.abort(new Error('the peer does not close the stream')),
      CLOSE_LINGER_MS,
    )
    linger.unref()
    this.#stream.addEventListener('close', () => clearTimeout(linger))
    if (this.#stream.readStatus === 'paused') this.#stream.resume()
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(CLOSE_LINGER_MS) })
    } catch (cause) {
      this.#stream.abort(cause as Error)
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.#closing !== undefined || this.#error !== undefined) return
    this.#chunks.push(bytes)
    this.#buffered += bytes.length
    if (this.#wake !== undefined) this.#wake()
    else if (!this.#receiving && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /** The next complete message; undefined if it has not arrived yet. @throws StreamError `too-large` */
  #next(): Uint8Array | undefined {
    if (this.#buffered < LENGTH_BYTES) return undefined
    const length = this.#peekLength()
    if (length > this.#limitBytes) {
      this.#fail(
        new StreamError(
          'too-large',
          `the peer sends a message of ${length} bytes; at most ${this.#limitBytes} are allowed`,
          undefined,
          length,
        ),
      )
      throw this.#error
    }
    if (this.#buffered < LENGTH_BYTES + length) return undefined
    this.#limitBytes = this.#maxBytes
    this.#consume(LENGTH_BYTES)
    return this.#consume(length)
  }

  #peekLength(): number {
    let length = 0
    let taken = 0
    for (const chunk of this.#chunks) {
      for (const byte of chunk) {
        length = length * 256 + byte
        if (++taken === LENGTH_BYTES) return length
      }
    }
    return length
  }

  /** Removes and copies `length` bytes, which must have arrived. */
  #consume(length: number): Uint8Array {
    const out = new Uint8Array(length)
    let filled = 0
    let whole = 0
    while (filled < length) {
      const chunk = this.#chunks[whole]!
      const part = chunk.subarray(0, length - filled)
      out.set(part, filled)
      filled += part.length
      if (part.length < chunk.length) this.#chunks[whole] = chunk.subarray(part.length)
      else whole++
    }
    this.#chunks.splice(0, whole)
    this.#buffered -= length
    return out
  }

  /** Listens to events, because the stream's own `onDrain` resolves at once after the first drain. */
  async #drained(): Promise<void> {
    while (this.#stream.writableNeedsDrain) {
      if (this.#error !== undefined) throw this.#error
      if (this.#stream.status !== 'open') throw new StreamError('closed', 'stream is closed')
      await new Promise<void>(resolve => {
        const done = () => {
          this.#stream.removeEventListener('drain', done)
          this.#stream.removeEventListener('close', done)
          resolve()
        }
        this.#stream.addEventListener('drain', done)
        this.#stream.addEventListener('close', done)
      })
    }
    if (this.#error !== undefined) throw this.#error
  }

  #fail(error: StreamError): void {
    this.#error ??= error
    this.#drop()
    this.#stream.abort(error)
    this.#wake?.()
  }

  #drop(): void {
    this.#chunks.length = 0
    this.#buffered = 0
  }
}
