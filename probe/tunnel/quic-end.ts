/**
 * One end of the QUIC connection that runs over all legs. It takes packets, gives packets, and keeps the streams.
 *
 * Whatever happens is followed once, after the present callback: a batch of datagrams costs one look at the streams.
 */
import { PACKET_BYTES } from './constants.js'
import { StreamError, type TunnelEnd, TunnelError } from './errors.js'
import { QuicStream, type StreamHost } from './quic-stream.js'
import { type Connection, FROM_CLIENT, FROM_EXIT, HALF } from './quiche.js'
import type { Timers } from './timers.js'

export interface QuicEndOptions {
  readonly connection: Connection
  readonly isClient: boolean
  readonly timers: Timers
  /**
   * Whether the other end's certificate will do. Called once the handshake is done, before any stream sends or reads.
   * @param certificate DER; undefined if the other end showed none
   */
  readonly accepts: (certificate: Uint8Array | undefined) => boolean
  readonly onOpen: () => void
  /** The other end has opened a stream. */
  readonly onStream: (stream: QuicStream) => void
  /** There may be packets to `pull`. @param last after which none follow: this end closes the connection */
  readonly onPackets: (last: boolean) => void
  readonly onClosed: (end: TunnelEnd) => void
}

/** Streams that have ended are remembered, so that what comes late for them opens no new one. */
const ENDED_KEPT = 1024
const SCRATCH_BYTES = 64 << 10
/** Application codes with which an end closes the connection. */
const CLOSED_CODE = 0
const WRONG_CERTIFICATE_CODE = 1
const ID_STEP = 4
/**
 * The client's first stream pays. The others leave it room in the windows of flow control and of congestion, or what waits for
 * a payment would keep the payment back. The room is enough for some payments, and less than BBR's least window.
 */
const FIRST_ID = 0
const RESERVED_BYTES = 2 << 10
const TEXT = new TextDecoder()

/** quiche's errors have a name and sometimes a code: `StreamReset(7)`. */
const QUICHE_ERROR = /^(\w+)(?:\((\d+)\))?$/
const NO_STREAM_YET = new Set(['Done', 'StreamLimit', 'InvalidStreamState'])

export class QuicEnd implements StreamHost {
  readonly #options: QuicEndOptions
  readonly #connection: Connection
  readonly #streams = new Map<number, QuicStream>()
  readonly #ids = new Map<QuicStream, number>()
  /** all that have not ended, with an id or not */
  readonly #live = new Set<QuicStream>()
  readonly #waiting = new Set<QuicStream>()
  readonly #ended = new Set<number>()
  readonly #scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  #nextId = 0
  #following = false
  #stopTimer: (() => void) | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #open = false
  #carriedBytes = 0
  #end: TunnelEnd | undefined

  constructor(options: QuicEndOptions) {
    this.#options = options
    this.#connection = options.connection
    this.#follow()
  }

  get isOpen(): boolean {
    return this.#open && !this.#end
  }

  /** Of all streams, in both directions: what QUIC took of this end, and what this end took of QUIC. */
  get carriedBytes(): number {
    return this.#carriedBytes
  }

  /** @param packet of the other end, which this call may overwrite */
  receive(packet: Buffer): void {
    if (this.#end || packet.length === 0) return
    try {
      this.#connection.recv(packet, this.#options.isClient ? FROM_EXIT : FROM_CLIENT)
    } catch {
      // quiche has closed the connection, if the packet was worth that.
    }
    this.#follow()
  }

  /** Writes the next packet to send. @param into at least PACKET_BYTES, of which no more are used. @returns its length; 0 for none */
  pull(into: Buffer): number {
    try {
      return this.#connection.send(into.subarray(0, PACKET_BYTES))?.[0] ?? 0
    } catch {
      return 0
    }
  }

  /** Something has changed: a leg may carry more, or a stream may write. */
  resume(): void {
    this.#follow()
  }

  /** A path has died: what was lost on it is found by the acknowledgement of a packet that is sent now. */
  nudge(): void {
    if (!this.isOpen) return
    this.#connection.sendAckEliciting()
    this.#follow()
  }

  /** Its first write opens the stream for the other end. @throws TunnelError `closed` */
  openStream(): QuicStream {
    if (this.#end) throw new TunnelError('closed', 'the tunnel is closed: open another one')
    return this.#newStream()
  }

  /** Tells the other end. Packets to pull remain. */
  close(reason = ''): void {
    this.#close({ why: 'closed' }, CLOSED_CODE, reason)
  }

  /** Ends this end without a word to the other. */
  abandon(end: TunnelEnd): void {
    this.#finish(end)
  }

  write(stream: QuicStream, bytes: Uint8Array, fin: boolean): number | undefined {
    if (!this.isOpen) return undefined
    const known = this.#ids.get(stream)
    const mayTake = known === undefined || known === FIRST_ID ? bytes : this.#unreserved(known, bytes)
    if (mayTake.length === 0 && bytes.length > 0) return undefined
    const isEnd = fin && mayTake.length === bytes.length
    const taken = this.#tried(() => this.#connection.streamSend(known ?? this.#nextId, mayTake, isEnd))
    if (taken === undefined) return undefined
    this.#carriedBytes += taken
    if (known === undefined) {
      this.#keep(this.#nextId, stream)
      this.#nextId += ID_STEP
    }
    this.#follow()
    return taken
  }

  read(stream: QuicStream): { bytes: Buffer; fin: boolean } | undefined {
    const id = this.#ids.get(stream)
    if (!this.#open || id === undefined) return undefined
    const found = this.#tried(() => this.#connection.streamRecv(id, this.#scratch))
    if (!found) return undefined
    this.#carriedBytes += found[0]
    this.#follow() // the other end may get more credit
    return { bytes: Buffer.from(this.#scratch.subarray(0, found[0])), fin: found[1] }
  }

  wait(stream: QuicStream): void {
    this.#waiting.add(stream)
  }

  cancel(stream: QuicStream): void {
    const id = this.#ids.get(stream)
    if (id === undefined || this.#end) return
    this.#tried(() => this.#connection.streamShutdown(id, HALF.write, CLOSED_CODE))
    this.#follow()
  }

  drop(stream: QuicStream, halves: { read: boolean; write: boolean }, appCode: number): void {
    const id = this.#ids.get(stream)
    this.finished(stream)
    if (id === undefined || this.#end) return
    if (halves.read) this.#tried(() => this.#connection.streamShutdown(id, HALF.read, appCode))
    if (halves.write) this.#tried(() => this.#connection.streamShutdown(id, HALF.write, appCode))
    this.#follow()
  }

  finished(stream: QuicStream): void {
    const id = this.#ids.get(stream)
    this.#live.delete(stream)
    this.#waiting.delete(stream)
    if (id === undefined) return
    this.#ids.delete(stream)
    this.#streams.delete(id)
    this.#ended.add(id)
    if (this.#ended.size > ENDED_KEPT) for (const oldest of this.#ended) return void this.#ended.delete(oldest)
  }

  #unreserved(id: number, bytes: Uint8Array): Uint8Array {
    const room = (this.#tried(() => this.#connection.streamCapacity(id)) ?? 0) - RESERVED_BYTES
    return bytes.subarray(0, Math.max(0, room))
  }

  #newStream(): QuicStream {
    const stream = new QuicStream(this)
    this.#live.add(stream)
    return stream
  }

  #keep(id: number, stream: QuicStream): void {
    this.#streams.set(id, stream)
    this.#ids.set(stream, id)
  }

  /** @returns undefined if quiche can do it later, or never. @throws StreamError for what the other end did */
  #tried<T>(call: () => T | null): T | undefined {
    try {
      return call() ?? undefined
    } catch (error) {
      const [, name, code] = QUICHE_ERROR.exec((error as Error).message) ?? []
      if (name === 'StreamReset') throw new StreamError('reset', Number(code))
      if (name === 'StreamStopped') throw new StreamError('stopped', Number(code))
      if (name !== undefined && NO_STREAM_YET.has(name)) return undefined
      throw error
    }
  }

  #follow(): void {
    if (this.#following) return
    this.#following = true
    queueMicrotask(() => {
      this.#following = false
      this.#progress()
    })
  }

  #progress(): void {
    if (this.#end) return
    if (!this.#open && this.#connection.isEstablished() && !this.#begin()) return
    if (this.#open) {
      for (const id of this.#connection.readable()) this.#streamOf(id)?.deliver()
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const stream of waiting) stream.proceed()
    }
    const failed = this.#connection.localError() !== null
    this.#options.onPackets(failed)
    if (failed || this.#connection.isClosed() || this.#connection.isDraining()) this.#finish(this.#reason())
    else this.#arm()
  }

  /** @returns whether the other end is the right one */
  #begin(): boolean {
    const [certificate] = this.#connection.peerCertChain() ?? []
    if (!this.#options.accepts(certificate)) {
      this.#close({ why: 'wrong-certificate' }, WRONG_CERTIFICATE_CODE, 'wrong certificate')
      return false
    }
    this.#open = true
    this.#options.onOpen()
    return true
  }

  #streamOf(id: number): QuicStream | undefined {
    const known = this.#streams.get(id)
    if (known || this.#ended.has(id) || this.#options.isClient) return known
    const stream = this.#newStream()
    this.#keep(id, stream)
    this.#options.onStream(stream)
    return stream
  }

  #reason(): TunnelEnd {
    const { peer, local } = { peer: this.#connection.peerError(), local: this.#connection.localError() }
    const found = peer ?? local
    if (!found) return { why: 'idle' }
    const { isApp, errorCode, reason } = found
    if (peer && isApp) return { why: 'peer-closed', appCode: errorCode, reason: TEXT.decode(reason) }
    return { why: 'failed', quicCode: errorCode, reason: TEXT.decode(reason) }
  }

  #close(end: TunnelEnd, code: number, reason: string): void {
    if (this.#end) return
    this.#tried(() => this.#connection.close(true, code, Buffer.from(reason)))
    this.#options.onPackets(true)
    this.#finish(end)
  }

  #finish(end: TunnelEnd): void {
    if (this.#end) return
    this.#end = end
    this.#stopTimer?.()
    const error = new TunnelError('closed', `the tunnel is closed (${end.why}): open another one`)
    for (const stream of [...this.#live]) stream.destroy(error)
    this.#options.onClosed(end)
  }

  /** quiche has its own clock: it tells how long to wait. A timer that is early does no harm. */
  #arm(): void {
    const ms = this.#connection.timeout()
    if (ms === null) return
    const atMs = performance.now() + ms
    if (this.#stopTimer && this.#timerAtMs <= atMs) return
    this.#stopTimer?.()
    this.#timerAtMs = atMs
    this.#stopTimer = this.#options.timers.after(ms, () => {
      this.#stopTimer = undefined
      this.#connection.onTimeout()
      this.#progress()
    })
  }
}
