/**
 * A stream of a tunnel as a Duplex of Node. Each direction ends by itself: `end` closes the half that this end writes,
 * and the other half goes on (`allowHalfOpen`).
 *
 * Backpressure goes through to the other end. A write is done once QUIC has taken all of it, and QUIC takes no more than
 * its window of congestion allows. What nobody reads stays in QUIC, whose flow control then holds the sender.
 *
 * `destroy` resets both halves that have not ended, with the code of a StreamError, or 0. `cancel` resets only what this
 * end writes: the other end hears of it (`cancelled`), and what it has sent still comes.
 */
import { Duplex } from 'node:stream'
import { StreamError } from './errors.js'

/** Node's own buffers of a stream, in each direction. */
const BUFFERED_BYTES = 256 << 10
/** QUIC has no code for an end that fails without saying more. */
const FAILED_CODE = 1

type Done = (error?: Error | null) => void

/** What a stream asks of its connection. */
export interface StreamHost {
  /** @returns how many bytes were taken; undefined if there is no room at all. @throws StreamError */
  write(stream: QuicStream, bytes: Uint8Array, fin: boolean): number | undefined
  /** @returns undefined if nothing is there. @throws StreamError */
  read(stream: QuicStream): { bytes: Buffer; fin: boolean } | undefined
  /** Resets the half that this end writes. */
  cancel(stream: QuicStream): void
  /** Resets what has not ended, and forgets the stream. */
  drop(stream: QuicStream, halves: { read: boolean; write: boolean }, appCode: number): void
  /** Calls `proceed` of the stream once there may be room. */
  wait(stream: QuicStream): void
  /** Both halves have ended. */
  finished(stream: QuicStream): void
}

export class QuicStream extends Duplex {
  readonly #host: StreamHost
  #writing: { bytes: Uint8Array; done: Done } | undefined
  #ending: Done | undefined
  #wantsMore = false
  #readEnded = false
  #writeEnded = false

  constructor(host: StreamHost) {
    super({ allowHalfOpen: true, readableHighWaterMark: BUFFERED_BYTES, writableHighWaterMark: BUFFERED_BYTES })
    this.#host = host
  }

  /** Writes what waits, as far as there is room. */
  proceed(): void {
    try {
      const isBlocked = (this.#writing && !this.#write(this.#writing)) || (this.#ending && !this.#end(this.#ending))
      if (isBlocked) this.#host.wait(this)
    } catch (error) {
      this.#endWriting(error as Error)
    }
  }

  /** Hands on what has come, as far as it is wanted. */
  deliver(): void {
    while (this.#wantsMore && !this.#readEnded && !this.destroyed) {
      let found: ReturnType<StreamHost['read']>
      try {
        found = this.#host.read(this)
      } catch (error) {
        this.#readEnded = true
        const isHeard = error instanceof StreamError && this.emit('cancelled')
        if (isHeard) this.#endReading()
        else this.destroy(error as Error)
        return
      }
      if (!found) return
      if (found.bytes.length > 0) this.#wantsMore = this.push(found.bytes)
      if (found.fin) this.#endReading()
    }
  }

  /**
   * This end wants no more, and sends no more.
   * @returns false if its half has ended before: the other end cannot be told by it
   */
  cancel(): boolean {
    if (this.#writeEnded || this.destroyed) return false
    this.#writeEnded = true
    this.#host.cancel(this)
    this.#endWriting(null)
    if (this.#readEnded) this.#host.finished(this)
    return true
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#writing = { bytes: chunk, done }
    if (this.#writeEnded) this.#endWriting(null)
    else this.proceed()
  }

  override _final(done: Done): void {
    this.#ending = done
    if (this.#writeEnded) this.#endWriting(null)
    else this.proceed()
  }

  override _read(): void {
    this.#wantsMore = true
    this.deliver()
  }

  override _destroy(error: Error | null, done: Done): void {
    const appCode = error instanceof StreamError ? error.appCode : error ? FAILED_CODE : 0
    this.#host.drop(this, { read: !this.#readEnded, write: !this.#writeEnded }, appCode)
    this.#endWriting(error ?? new StreamError('reset', appCode))
    done(error)
  }

  /** @returns whether all is written */
  #write(writing: { bytes: Uint8Array; done: Done }): boolean {
    const taken = this.#host.write(this, writing.bytes, false)
    if (taken === undefined) return false
    writing.bytes = writing.bytes.subarray(taken)
    if (writing.bytes.length > 0) return false
    this.#writing = undefined
    writing.done()
    return true
  }

  #end(done: Done): boolean {
    if (this.#host.write(this, Buffer.alloc(0), true) === undefined) return false
    this.#ending = undefined
    this.#writeEnded = true
    if (this.#readEnded) this.#host.finished(this)
    done()
    return true
  }

  #endReading(): void {
    this.#readEnded = true
    if (this.#writeEnded) this.#host.finished(this)
    this.push(null)
  }

  /** @param error null if this end wants no more of it */
  #endWriting(error: Error | null): void {
    const [writing, ending] = [this.#writing, this.#ending]
    this.#writing = this.#ending = undefined
    writing?.done(error)
    ending?.(error)
  }
}
