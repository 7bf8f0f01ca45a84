/**
 * A node of the peer-to-peer network: TCP, Noise, Yamux, identify, and gossipsub. Gossipsub does not sign messages: every
 * message carries a BLS signature of its own, and StrictNoSign gives a message the same id whichever node forwards it.
 */

import { createHash } from 'node:crypto'
import { type GossipSub, gossipsub, type Message } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Logger } from 'pino'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { topicsOf } from '../../proto/protocols.js'
import { gossipRules } from './gossip-rules.js'
import { ListenError } from './listen-error.js'
import { muxer } from './muxer.js'
import { peerPrivateKey } from './peer-keys.js'

export type Peer = Libp2p<{ identify: Identify; pubsub: GossipSub }>

export interface PeerOptions {
  /** 32-byte seed of the Ed25519 key */
  readonly seed: Hex
  /** multiaddrs; port 0 takes any free port */
  readonly listen: readonly string[]
  readonly log: Logger
}

/** At an era's start a whole set dials within a second; libp2p's default of 5 a second would turn most of it away. */
const INBOUND_CONNECTIONS_PER_SECOND = 256
const PENDING_CONNECTIONS = 256
/** Above what a whole set and the strangers that a verifier takes have together. libp2p would end the newest, whoever they are. */
const MAX_CONNECTIONS = 1024

/**
 * A connection is given up if a peer has not answered for so long. On a machine that runs a whole network, a peer may take
 * seconds, and libp2p's default of 5 s would have all of them connect anew, which takes the time of still more peers.
 */
const PING_TIMEOUT_MS = 15_000

/**
 * Most bytes that one stream has in flight. Below the 4 MiB that libp2p buffers for a paused stream: above that, libp2p
 * would reset the stream instead of holding the sender back.
 */
const STREAM_WINDOW_BYTES = 1024 * 1024

/**
 * Most gossip that waits for a peer which does not read. In an epoch 191 verifiers gossip 24 MiB of ballots and 3 MiB of the
 * rest. A peer that is behind by more gets the rest over sync.
 */
const OUTBOUND_GOSSIP_BYTES = 32 * 1024 * 1024

const MESSAGE_ID_BYTES = 20

/**
 * @param network whose gossip the node may hear (default: none)
 * @param connectionGater who may connect (default: everybody)
 * @returns a started node
 * @throws ListenError
 */
export async function createPeer(
  { seed, listen, log }: PeerOptions,
  network?: NetworkId,
  connectionGater: ConnectionGater = {},
): Promise<Peer> {
  const peer: Peer = await createLibp2p({
    ...(await transportOptions(seed, listen)),
    streamMuxers: [muxer({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES } })],
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: PENDING_CONNECTIONS,
      maxConnections: MAX_CONNECTIONS,
    },
    connectionMonitor: { pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    connectionGater,
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        fallbackToFloodsub: false,
        floodPublish: false,
        // the first node of a network has no peer yet; nodes that come later ask over sync
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        msgIdFn: messageId,
        maxOutboundBufferSize: OUTBOUND_GOSSIP_BYTES,
        // gossipsub distrusts many peers on one address, and a network on one machine looks like that
        ...gossipRules(network === undefined ? [] : topicsOf(network), listen.every(isLoopback) ? LOOPBACK_HOSTS : []),
      }),
    },
  })
  return started(peer, listen, log)
}

/** What all peers have in common. */
export const transportOptions = async (seed: Hex, listen: readonly string[]) => ({
  start: false,
  privateKey: await peerPrivateKey(fromHex(seed)),
  addresses: { listen: [...listen] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
})

/** @throws ListenError */
export async function started<P extends Libp2p>(peer: P, listen: readonly string[], log: Logger): Promise<P> {
  peer.addEventListener('peer:connect', event => log.debug({ peer: event.detail.toString() }, 'peer connected'))
  peer.addEventListener('peer:disconnect', event => log.debug({ peer: event.detail.toString() }, 'peer disconnected'))
  try {
    await peer.start()
  } catch (cause) {
    await peer.stop()
    throw new ListenError(listen, cause)
  }
  return peer
}

/** Multiaddrs of the addresses that the node listens on, each ending in the peer id. */
export const listenAddresses = (peer: Pick<Libp2p, 'getMultiaddrs'>): string[] => peer.getMultiaddrs().map(String)

/** What the node announces: the addresses that its operator names, or those that it listens on. */
export const announcedAddresses = (
  peer: Pick<Libp2p, 'getMultiaddrs' | 'peerId'>,
  announce: readonly string[] = [],
): string[] =>
  announce.length === 0 ? listenAddresses(peer) : announce.map(address => `${address}/p2p/${peer.peerId}`)

const LOOPBACK_HOSTS = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

const isLoopback = (address: string): boolean => LOOPBACK_HOSTS.includes(hostOf(address) ?? '')

/** The IP address in a multiaddr; undefined if it holds none. */
export function hostOf(address: string): string | undefined {
  const components = multiaddr(address).getComponents()
  return components.find(({ name }) => name === 'ip4' || name === 'ip6')?.value
}

/**
 * The topic is part of the id. Otherwise an attacker could send the bytes of a valid message ahead in another topic, and
 * nodes would take the message for seen when it arrives in its own topic.
 */
const messageId = ({ topic, data }: Message): Uint8Array =>
  createHash('sha256').update(topic).update('\0').update(data).digest().subarray(0, MESSAGE_ID_BYTES)
