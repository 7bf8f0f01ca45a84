/** Opening and serving message streams to peers. */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { ProviderStream } from '../../probe/ports.js'
import { FramedStream, StreamError } from './framed-stream.js'
import { hostOf, type Peer } from './libp2p.js'

/** A node that dials. */
type Dialler = Pick<Peer, 'dial' | 'getConnections'>

/** The address of a peer. */
export interface PeerAddress {
  readonly peerId: string
  readonly multiaddrs: readonly string[]
}

/**
 * Opens a stream, over an open connection or a new one.
 *
 * @param maxBytes of a received message
 * @param signal ends the dialling when it aborts, and resets an open stream
 * @throws StreamError `unreachable` or `aborted`
 */
export async function openStream(
  peer: Dialler,
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

/** An open connection to a peer, or a new one. @throws Error as libp2p's dial does */
export async function connect(peer: Dialler, to: PeerAddress, signal: AbortSignal): Promise<Connection> {
  const peerId = peerIdFromString(to.peerId)
  const open = peer.getConnections(peerId).find(({ status }) => status === 'open')
  if (open !== undefined) return open
  const addresses = to.multiaddrs.flatMap(address => {
    const parsed = multiaddr(address)
    const peers = parsed.getComponents().filter(({ name }) => name === 'p2p')
    if (peers.length === 0) return parsed.encapsulate(`/p2p/${to.peerId}`)
    return peers.every(({ value }) => value === to.peerId) ? parsed : [] // the address of another peer
  })
  return peer.dial(addresses.length > 0 ? addresses : peerId, { signal })
}

/** Serves one stream, for any length of time. The stream is closed when the handler returns, and reset when it throws. */
export type StreamHandler = (stream: FramedStream, peerId: string, connection: Connection) => Promise<void>

/**
 * Serves every stream that a peer opens for `protocol`.
 *
 * @param maxBytes of a received message
 * @param onError hears the error that a handler threw
 */
export async function handleStreams(
  peer: Pick<Peer, 'handle'>,
  protocol: string,
  maxBytes: number,
  handler: StreamHandler,
  onError: (error: Error, peerId: string) => void,
): Promise<void> {
  await peer.handle(protocol, async (stream: Stream, connection: Connection) => {
    const peerId = connection.remotePeer.toString()
    const framed = new FramedStream(stream, remoteHost(connection), maxBytes)
    try {
      await handler(framed, peerId, connection)
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
