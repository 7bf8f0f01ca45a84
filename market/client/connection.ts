/** A connection to a destination, through the tunnel. */
import { Socket } from 'node:net'
import { type Duplex, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientTunnel } from '../../probe/tunnel/index.js'
import { ByteReader } from '../core/byte-reader.js'
import { type Destination, encodeDestination, REPLY, type Reply } from '../core/destination.js'

export class ConnectError extends Error {
  override readonly name = 'ConnectError'

  constructor(readonly reply: Reply) {
    super(`the exit could not connect (${reply})`)
  }
}

/**
 * @param gone once nobody waits for the connection any more (default: somebody does)
 * @returns a stream of the connection's bytes. @throws ConnectError; TunnelError `closed`; RangeError for no destination
 */
export async function connectThrough(
  tunnel: Pick<ClientTunnel, 'openStream'>,
  destination: Destination,
  gone?: AbortSignal,
): Promise<Duplex> {
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

/** Joins an application's connection with one through the tunnel, until both ends are done. @param count hears of bytes */
export async function join(application: Duplex, connection: Duplex, count: (bytes: number) => void): Promise<void> {
  const counted = () =>
    new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        count(bytes.length)
        done(null, bytes)
      },
    })
  // An end would pass for that of the destination, and a part of a page for the whole.
  connection.once('error', () => {
    if (application instanceof Socket) application.resetAndDestroy()
  })
  try {
    await Promise.all([pipeline(application, counted(), connection), pipeline(connection, counted(), application)])
  } finally {
    application.destroy()
    connection.destroy()
  }
}
