/** Opening and serving message streams to peers. */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { ProviderStream } from '../../probe/ports.js'
import { isOverIpv6 } from '../../probe/wire/address-family.js'
import { withAnySignal } from './any-signal.js'
import { FramedStream, StreamError } from './framed-stream.js'
import { hostOf, type Peer } from './libp2p.js'
import { literalMultiaddrs } from './literal-addresses.js'

/** A node that dials. */
export type Dialler = Pick<Peer, 'dial' | 'getConnections'>

/** The address of a peer. */
export interface PeerAddress {
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  /** dial addresses of this address's family first (default: all at once) */
  readonly like?: string | undefined
}

/**
 * Opens a stream, over an open connection or a new one.
 *
 * @param maxBytes of a received message
 * @param signal ends the dialling when it aborts, and resets an open stream
 * @param dialMs after which the dialling ends as well (default: never)
 * @throws StreamError `unreachable` or `aborted`
 */
export async function openStream(
  peer: Dialler,
  to: PeerAddress,
  protocol: string,
  maxBytes: number,
  signal: AbortSignal,
  dialMs?: number,
): Promise<ProviderStream> {
  const late = dialMs === undefined ? [] : [AbortSignal.timeout(dialMs)]
  try {
    return await withAnySignal([signal, ...late], async dialling => {
      const connection = await connect(peer, to, dialling)
      const stream = await connection.newStream(protocol, { signal: dialling })
      return new FramedStream(stream, remoteHost(connection), maxBytes, signal)
    })
  } catch (cause) {
    if (signal.aborted || late.some(({ aborted }) => aborted))
      throw new StreamError('aborted', `gave up on reaching ${to.peerId}`, cause)
    throw new StreamError('unreachable', `cannot reach ${to.peerId}: ${(cause as Error).message}`, cause)
  }
}

/** An open connection to a peer, or a new one. @throws Error as libp2p's dial does */
export async function connect(peer: Dialler, to: PeerAddress, signal: AbortSignal): Promise<Connection> {
  const peerId = peerIdFromString(to.peerId)
  const open = peer.getConnections(peerId).filter(({ status }) => status === 'open')
  // The newest: of an older one, the other end may be gone without a word, since the peer moved or its line was cut.
  if (open.length > 0) return open.reduce((one, other) => (other.timeline.open >= one.timeline.open ? other : one))
  const literals = (await literalMultiaddrs(to.multiaddrs)).filter(address => isOf(address, to))
  const preferred = literals.filter(address => isLike(hostOf(address), to.like))
  const others = literals.filter(address => !preferred.includes(address))
  const dial = (addresses: readonly string[]) =>
    peer.dial(
      addresses.map(address => withPeerId(address, to)),
      { signal },
    )
  if (literals.length === 0) return peer.dial(peerId, { signal })
  if (preferred.length === 0 || others.length === 0) return dial(literals)
  return dial(preferred).catch(() => dial(others))
}

/** Not the address of another peer. */
const isOf = (address: string, { peerId }: PeerAddress): boolean =>
  multiaddr(address)
    .getComponents()
    .every(({ name, value }) => name !== 'p2p' || value === peerId)

function withPeerId(address: string, { peerId }: PeerAddress): Multiaddr {
  const parsed = multiaddr(address)
  return parsed.getComponents().some(({ name }) => name === 'p2p') ? parsed : parsed.encapsulate(`/p2p/${peerId}`)
}

const isLike = (host: string | undefined, like: string | undefined): boolean =>
  host !== undefined && like !== undefined && isOverIpv6(host) === isOverIpv6(like)

/** Serves one stream, for any length of time. The stream is closed when the handler returns, and reset when it throws. */
export type StreamHandler = (stream: FramedStream, peerId: string, connection: Connection) => Promise<void>

/**
 * Serves every stream that a peer opens for `protocol`.
 *
 * @param maxBytes of a received message
 * @param onError hears the error that a handler threw
 * @param firstBytes of the first message, if it is shorter than later ones: it comes from a peer that has shown nothing yet
 */
export async function handleStreams(
  peer: Pick<Peer, 'handle'>,
  protocol: string,
  maxBytes: number,
  handler: StreamHandler,
  onError: (error: Error, peerId: string) => void,
  firstBytes = maxBytes,
): Promise<void> {
  await peer.handle(protocol, async (stream: Stream, connection: Connection) => {
    const peerId = connection.remotePeer.toString()
    const framed = new FramedStream(stream, remoteHost(connection), maxBytes, undefined, firstBytes)
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
