/** Opening and serving message streams to peers. */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { ProviderStream } from '../../probe/ports.js'
import { FramedStream, StreamError } from './framed-stream.js'
import { hostOf, type Peer } from './libp2p.js'

/** Where a peer is reached. */
export interface PeerAddress {
  readonly peerId: string
  readonly multiaddrs: readonly string[]
}

/**
 * Opens a stream, over the connection there is or a new one.
 *
 * @param maxBytes most that a received message may have
 * @param signal ends the dialling, and resets the stream if aborted while it is open
 * @throws StreamError `unreachable` or `aborted`
 */
export async function openStream(
  peer: Peer,
  to: PeerAddress,
  protocol: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ProviderStream> {
  try {
    const connection = await connect(peer, to, signal)
    const stream = await connection.newStream(protocol, { signal })
    return new FramedStream(stream, remoteHost(connection), maxBytes, signal)
  } catch (cause) {
    if (signal.aborted) throw new StreamError('aborted', `gave up on reaching ${to.peerId}`, cause)
    throw new StreamError('unreachable', `cannot reach ${to.peerId}: ${(cause as Error).message}`, cause)
  }
}

/** A connection to a peer; the one there is, if it is open. @throws Error as libp2p's dial does */
export async function connect(peer: Peer, to: PeerAddress, signal: AbortSignal): Promise<Connection> {
  const peerId = peerIdFromString(to.peerId)
  const open = peer.getConnections(peerId).find(({ status }) => status === 'open')
  if (open !== undefined) return open
  const addresses = to.multiaddrs.map(address => {
    const parsed = multiaddr(address)
    return parsed.getComponents().some(({ name }) => name === 'p2p') ? parsed : parsed.encapsulate(`/p2p/${to.peerId}`)
  })
  return peer.dial(addresses.length > 0 ? addresses : peerId, { signal })
}

/** Serves one stream, and may hold it as long as it likes. The stream is closed when it returns, reset when it throws. */
export type StreamHandler = (stream: FramedStream, peerId: string) => Promise<void>

/**
 * Serves every stream that a peer opens for `protocol`.
 *
 * @param maxBytes most that a received message may have
 * @param onError hears what a handler threw
 */
export async function handleStreams(
  peer: Peer,
  protocol: string,
  maxBytes: number,
  handler: StreamHandler,
  onError: (error: Error, peerId: string) => void,
): Promise<void> {
  await peer.handle(protocol, async (stream: Stream, connection: Connection) => {
    const peerId = connection.remotePeer.toString()
    const framed = new FramedStream(stream, remoteHost(connection), maxBytes)
    try {
      await handler(framed, peerId)
      await framed.close()
    } catch (error) {
      framed.abort(error as Error)
      onError(error as Error, peerId)
    }
  })
}

/** The other end's IP address as this connection sees it. */
const remoteHost = (connection: Connection): string => {
  const host = hostOf(connection.remoteAddr.toString())
  if (host === undefined) throw new StreamError('unreachable', `${connection.remoteAddr} holds no IP address`)
  return host
}
