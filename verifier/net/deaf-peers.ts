/**
 * Finds peers that gossip no longer reaches, although they are connected. Gossipsub opens one stream to a peer, over the
 * peer's first connection, and no other one when that stream ends while a connection is open. So it is with a peer that
 * reads too little, so that its stream breaks. And with one that moved to another machine, or whose line got another
 * address: it comes back before the old connection is given up. Neither node would hear the other until one of them starts
 * again.
 */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Logger } from 'pino'
import type { Peer } from './libp2p.js'

/**
 * A new connection has no stream of gossip yet: the peers tell their protocols first. On a machine that starts a whole network
 * this takes seconds, and to connect anew would only add to its work.
 */
const OPENING_MS = 20_000

/**
 * Ends all connections to such peers. Both nodes then dial again, and gossipsub begins anew.
 * @param nowMs of the wall clock
 */
export async function dropDeafPeers(peer: Peer, log: Pick<Logger, 'info'>, nowMs: number): Promise<void> {
  const { protocols } = peer.services.pubsub
  const isTold = ({ streams }: Connection) =>
    streams.some(({ direction, protocol }) => direction === 'outbound' && protocols.includes(protocol))
  const isDeaf = (id: PeerId) =>
    peer.getConnections(id).every(one => nowMs - one.timeline.open >= OPENING_MS && !isTold(one))
  for (const id of peer.getPeers().filter(isDeaf)) {
    if (!(await speaksGossip(peer, id)) || !isDeaf(id)) continue
    log.info({ peer: id.toString() }, 'gossip reaches a connected peer no more, so this node connects to it again')
    for (const connection of peer.getConnections(id)) connection.abort(new Error('gossip reaches the peer no more'))
  }
}

/** Providers and others that connect do not. */
async function speaksGossip({ peerStore, services }: Peer, id: PeerId): Promise<boolean> {
  const { protocols } = await peerStore.get(id).catch(() => ({ protocols: [] }))
  return protocols.some(protocol => services.pubsub.protocols.includes(protocol))
}
