/** One tunnel at an exit: its streams, each a connection to a destination, and the stream that pays for them. */
import type { Duplex } from 'node:stream'
import { within } from '../../probe/deadline.js'
import { OpenerFrame } from '../../proto/messages.js'
import { ByteReader } from '../core/byte-reader.js'
import { DESTINATION_HEAD_BYTES, decodeDestination, destinationBytes, REPLY, STREAM_KIND } from '../core/destination.js'
import { MessageFrames } from '../core/message-frames.js'
import { carry } from './carry.js'
import { Connecting } from './connecting.js'
import { ExitPayments, type ExitPaymentsModules } from './exit-payments.js'
import type { ExitStats } from './exit-stats.js'
import { Meter } from './meter.js'
import type { Reaching } from './reaching.js'

export interface ExitSessionModules extends ExitPaymentsModules {
  readonly reaching: Reaching
  readonly stats: ExitStats
  /** The client has stopped paying, or its payments cannot be kept: nothing more is carried for it. */
  readonly onUnpaid: () => void
}

const SESSION_ID_BYTES = 32
/** A client sends the head of a stream at once. */
const HEAD_MS = 10_000

export class ExitSession {
  readonly #modules: ExitSessionModules
  readonly #connecting: Connecting
  readonly #meter: Meter
  #payments: ExitPayments | undefined
  #countedBytes = 0

  constructor(modules: ExitSessionModules) {
    this.#modules = modules
    this.#connecting = new Connecting(modules.reaching)
    this.#meter = new Meter(() => {
      const bytes = this.#meter.carriedBytes
      modules.stats.carriedBytes += bytes - this.#countedBytes
      this.#countedBytes = bytes
      this.#payments?.look()
    })
  }

  /** Serves a stream that the client has opened. Never throws: a fault of the client or a destination ends the stream. */
  async serve(stream: Duplex): Promise<void> {
    stream.on('error', () => {}) // the client reset it, or the tunnel ended
    try {
      const reader = new ByteReader(stream)
      const head = await within(HEAD_MS, 'head of a stream', reader.take(DESTINATION_HEAD_BYTES))
      if (head?.[0] === STREAM_KIND.payments) await this.#serve(stream, reader, head)
      else if (head?.[0] === STREAM_KIND.connection) await this.#connect(stream, reader, head)
    } catch {
      // Nonsense, or somebody went away.
    } finally {
      stream.destroy()
    }
  }

  /** Payments. */
  async #serve(stream: Duplex, reader: ByteReader, head: Buffer): Promise<void> {
    const rest = await reader.take(1 + SESSION_ID_BYTES - DESTINATION_HEAD_BYTES)
    if (rest === undefined || this.#payments !== undefined) return
    const sessionId = Buffer.concat([head.subarray(1), rest])
    const frames = new MessageFrames(stream, reader, OpenerFrame.maxBytes)
    this.#payments = new ExitPayments(frames, sessionId, this.#meter, this.#modules)
    const { stats, onUnpaid } = this.#modules
    const count = (paidBytes: number | undefined) => {
      if (paidBytes === undefined) stats.voidPayments++
      else stats.paidBytes += paidBytes
    }
    await this.#payments.take(count).finally(onUnpaid)
  }

  async #connect(stream: Duplex, reader: ByteReader, head: Buffer): Promise<void> {
    const { stats } = this.#modules
    const length = destinationBytes(head) - DESTINATION_HEAD_BYTES
    const rest = await within(HEAD_MS, 'destination', reader.take(length))
    const destination = rest && decodeDestination(Buffer.concat([head, rest]))
    if (destination === undefined) return
    reader.release()
    const over = new AbortController()
    stream.once('close', () => over.abort())
    if (stream.destroyed) return
    const socket = await this.#connecting.to(destination, over.signal)
    if (stream.destroyed) {
      if (typeof socket !== 'number') socket.destroy()
      return
    }
    if (typeof socket === 'number') {
      stats.refused++
      stream.end(Uint8Array.of(socket))
      await new Promise(resolve => stream.once('close', resolve).resume())
      return
    }
    stats.connections++
    try {
      stream.write(Uint8Array.of(REPLY.granted))
      await carry(stream, socket, this.#meter)
    } finally {
      stats.connections--
    }
  }
}
