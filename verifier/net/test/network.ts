/** Real nodes on loopback, for the tests of this folder. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import pino from 'pino'
import { systemClock } from '../../../probe/index.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { topicOf } from '../../../proto/protocols.js'
import { createPeer, listenAddresses, type Peer } from '../libp2p.js'
import type { PeerAddress } from '../streams.js'
import type { SyncServing } from '../sync.js'
import { SyncQuota } from '../sync-quota.js'

export const silent = pino({ level: 'silent' })

export const NETWORK = { chainId: 31337, contract: `0x${'ab'.repeat(20)}` as Hex }

export const seedOf = (index: number): Hex => toHex(new Uint8Array(32).fill(index + 1))

export const startPeer = (index: number): Promise<Peer> =>
  createPeer({ seed: seedOf(index), listen: ['/ip4/127.0.0.1/tcp/0'], log: silent }, NETWORK)

export const addressOf = (peer: Peer): PeerAddress => ({
  peerId: peer.peerId.toString(),
  multiaddrs: listenAddresses(peer),
})

/** Starts `count` peers, hands them to `use`, and stops them in any case. */
export async function withPeers(count: number, use: (...peers: Peer[]) => Promise<void>): Promise<void> {
  const peers = await Promise.all(Array.from({ length: count }, (_, index) => startPeer(index)))
  try {
    await use(...peers)
  } finally {
    await Promise.all(peers.map(peer => peer.stop()))
  }
}

/** Resolves once `peer` knows `count` listeners of commits. */
export function hasListeners(peer: Peer, count: number): Promise<void> {
  const { pubsub } = peer.services
  return new Promise(resolve => {
    const check = () => {
      if (pubsub.getSubscribers(topicOf(NETWORK, 'commit')).length < count) return
      pubsub.removeEventListener('subscription-change', check)
      peer.removeEventListener('peer:disconnect', check)
      resolve()
    }
    pubsub.addEventListener('subscription-change', check)
    peer.addEventListener('peer:disconnect', check)
    check()
  })
}

/** Resolves once `peer` can send gossip to another one, whose subscriptions it may have heard before. */
export async function reaches(peer: Peer): Promise<void> {
  const { protocols } = peer.services.pubsub
  const isGossip = ({ direction, protocol }: Stream) => direction === 'outbound' && protocols.includes(protocol)
  while (!peer.getConnections().some(({ streams }) => streams.some(isGossip))) await pause(10)
}

/** For servers whose clients ask for little: all of them are strangers. */
export const forStrangers = (): SyncServing => ({
  quota: new SyncQuota(() => false, systemClock),
  onMute: () => {},
  log: silent,
})
