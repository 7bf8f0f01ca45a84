/** A connection to a destination, through the tunnel. */
import { Socket } from 'node:net'
import { type Duplex, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientTunnel, QuicStream } from '../../probe/tunnel/index.js'
import { ByteReader } from '../core/byte-reader.js'
import { type Destination, encodeDestination, REPLY, type Reply } from '../core/destination.js'
import { ON_ITS_WAY_MS, piecesOf } from '../core/pieces.js'

export class ConnectError extends Error {
  override readonly name = 'ConnectError'

  constructor(readonly reply: Reply) {
    super(`the exit could not connect (${reply})`)
  }
}

/**
 * An application that goes away seems to have closed one half, until it refuses the next data. Then the stream can be cancelled,
 * unless its half was ended before.
 */
const HALF_CLOSED_MS = 100

/**
 * @param gone once nobody waits for the connection any more (default: somebody does)
 * @returns a stream of the connection's bytes. @throws ConnectError; TunnelError `closed`; RangeError for no destination
 */
export async function connectThrough(
  tunnel: Pick<ClientTunnel, 'openStream'>,
  destination: Destination,
  gone?: AbortSignal,
): Promise<QuicStream> {
  const head = encodeDestination(destination)
  if (gone?.aborted) throw new ConnectError(REPLY.failed)
  const stream = tunnel.openStream()
  const drop = () => stream.destroy()
  gone?.addEventListener('abort', drop, { once: true })
  let failure: Error | undefined
  stream.on('error', error => {
    failure = error
  })
  stream.write(head)
  const reader = new ByteReader(stream)
  const [reply] = (await reader.take(1)) ?? []
  reader.release()
  gone?.removeEventListener('abort', drop)
  if (reply === REPLY.granted) return stream
  stream.destroy()
  if (failure) throw failure
  throw new ConnectError(Object.values(REPLY).find(known => known === reply) ?? REPLY.failed)
}

/**
 * Joins an application's connection with one through the tunnel, until both ends are done. If the application goes away, what
 * the exit has carried for it still comes, and is counted: it is on the exit's bill.
 * @param count hears of bytes
 */
export async function join(application: Duplex, connection: QuicStream, count: (bytes: number) => void): Promise<void> {
  async function* counted(from: Duplex) {
    for await (const bytes of piecesOf(from)) {
      count(bytes.length)
      yield bytes
    }
  }
  // A pipeline would destroy the connection itself.
  const toConnection = new Writable({
    write: (bytes: Buffer, _encoding, done) => connection.write(bytes, done),
    final: done => void setTimeout(() => connection.end(done), HALF_CLOSED_MS),
  })
  // An end would pass for that of the destination, and a part of a page for the whole.
  connection.once('error', () => {
    if (application instanceof Socket) application.resetAndDestroy()
  })
  try {
    await Promise.all([pipeline(counted(application), toConnection), pipeline(counted(connection), application)])
  } finally {
    application.destroy()
    if (connection.cancel())
      await Promise.race([drained(counted(connection)), pause(ON_ITS_WAY_MS, undefined, { ref: false })])
    connection.destroy()
  }
}

async function drained(pieces: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const _ of pieces);
  } catch {
    // The connection has ended otherwise.
  }
}
