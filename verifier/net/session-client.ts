/**
 * How everybody opens a session with a provider: senders of probes, heartbeats and users. Each session has a libp2p node
 * of its own, with a fresh key that is used once. The node listens nowhere, gossips nothing and answers no protocol, so a
 * provider learns nothing from it that differs between one opener and another. A session costs both ends together some
 * 14 ms of CPU, nearly all of it for the handshakes.
 */
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { ProviderStream } from '../../probe/ports.js'
import { RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { muxer } from './muxer.js'
import { openStream, type PeerAddress } from './streams.js'

/**
 * Closing the stream ends the node, too.
 *
 * @param signal ends the dialling when it aborts, and later the session
 * @param dialMs after which the dialling ends as well
 * @throws StreamError `unreachable` or `aborted`
 */
export async function openSession(
  provider: PeerAddress,
  signal: AbortSignal,
  dialMs?: number,
): Promise<ProviderStream> {
  const node = await throwAwayNode()
  const stop = () => node.stop()
  try {
    const stream = await openStream(node, provider, SESSION_PROTOCOL, RelayFrame.maxBytes, signal, dialMs)
    signal.addEventListener('abort', stop, { once: true })
    return {
      remoteHost: stream.remoteHost,
      send: message => stream.send(message),
      receive: () => stream.receive(),
      close: async () => {
        signal.removeEventListener('abort', stop)
        await stream.close()
        await stop()
      },
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** Its owner stops it. */
export const throwAwayNode = (): Promise<Libp2p> =>
  createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer()],
    connectionMonitor: { enabled: false },
  })
