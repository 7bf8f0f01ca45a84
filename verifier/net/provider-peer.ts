/**
 * A provider's node of the peer-to-peer network. Anybody may connect, so a pool bounds its connections. It speaks the
 * protocols that its owner adds, and no gossip.
 */
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import type { ConnectionPool } from './connection-pool.js'
import { forgetGone } from './forget-gone.js'
import { type PeerOptions, started, transportOptions } from './libp2p.js'
import { muxer } from './muxer.js'
import { admitTo } from './pooled.js'

/** Most streams of one connection. A peer needs one for each session, and one for tokens. */
const MAX_STREAMS = 16
const STREAM_WINDOW_BYTES = 256 * 1024
/** A handshake takes a few round trips. */
const HANDSHAKE_TIMEOUT_MS = 3000
/** The pool has limits of its own, below these. */
const UNLIMITED = 1e9

/**
 * @returns a started node
 * @throws ListenError
 */
export async function createProviderPeer({ seed, listen, log }: PeerOptions, pool: ConnectionPool): Promise<Libp2p> {
  const peer = await createLibp2p({
    ...(await transportOptions(seed, listen)),
    streamMuxers: [
      muxer({ maxInboundStreams: MAX_STREAMS, streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES } }),
    ],
    connectionManager: {
      maxConnections: UNLIMITED,
      inboundConnectionThreshold: UNLIMITED,
      maxIncomingPendingConnections: UNLIMITED,
      inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    // Its pings would cost the provider something for each stranger, and end connections of a busy machine.
    connectionMonitor: { enabled: false },
    connectionGater: { denyInboundConnection: connection => !admitTo(pool, connection) },
  })
  forgetGone(peer)
  return started(peer, listen, log)
}
