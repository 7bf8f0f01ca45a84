/**
 * Ends the connections of peers to which this node cannot gossip any more: their stream was full, or broke. Gossipsub opens one
 * only when two peers connect, so they have to connect anew.
 */
import type { Peer } from './libp2p.js'

const GOSSIP = /^\/meshsub\//

export class GossipStreams {
  /** peers to which a stream was open when it looked last */
  #open: ReadonlySet<string> = new Set()

  sweep(peer: Pick<Peer, 'getConnections'>): void {
    const connections = peer.getConnections()
    const open = connections
      .filter(({ streams }) => streams.some(one => one.direction === 'outbound' && GOSSIP.test(one.protocol)))
      .map(({ remotePeer }) => remotePeer.toString())
    for (const connection of connections) {
      const peerId = connection.remotePeer.toString()
      if (this.#open.has(peerId) && !open.includes(peerId)) connection.abort(new Error('its gossip stream broke'))
    }
    this.#open = new Set(open)
  }
}
