/**
 * Who may connect to a verifier, and open streams to it. The verifiers of the network always have room: strangers have a
 * few connections each host and a few in all, which end when they serve nothing. A peer that broke a rule stays out for a
 * while.
 */
import type { Connection, ConnectionGater } from '@libp2p/interface'
import type { MonotonicClock } from '../../probe/ports.js'
import { ConnectionPool } from './connection-pool.js'
import { hostOf, type Peer } from './libp2p.js'
import type { Offences } from './offences.js'
import { admitTo, remoteOf } from './pooled.js'
import { RateLimit } from './rate-limit.js'
import { limitStreams } from './stream-limit.js'
import type { PeerAddress } from './streams.js'

/** Two nodes may dial each other at once, and a connection may be half-open after a change of network. */
const MAX_OF_A_VERIFIER = 8
/** Hosts of one verifier that count as known. */
const MAX_HOSTS_OF_A_VERIFIER = 4
/** Protocols that libp2p itself serves on every connection: a peer that only keeps these open is idle. */
const IDLE_PROTOCOLS = /^\/(meshsub|floodsub|ipfs)\//

export interface AdmissionModules {
  readonly offences: Pick<Offences, 'report' | 'reportNameless' | 'isShutOut'>
  /** whether a verifier has announced the peer id */
  readonly isVerifier: (peerId: string) => boolean
  readonly clock: MonotonicClock
}

export class Admission {
  readonly #pool: ConnectionPool
  readonly #limit: RateLimit
  readonly #kept = new WeakSet<Connection>()
  #peer: Peer | undefined

  constructor(private readonly modules: AdmissionModules) {
    this.#pool = new ConnectionPool(() => modules.clock.now())
    this.#limit = new RateLimit(modules.clock)
  }

  /** For the node that is to be watched. */
  get gater(): ConnectionGater {
    const { offences } = this.modules
    return {
      denyDialPeer: peer => offences.isShutOut(peer.toString()),
      denyInboundConnection: raw => !admitTo(this.#pool, raw, () => this.#madeRoom(remoteOf(raw))),
      denyInboundEncryptedConnection: peer => offences.isShutOut(peer.toString()),
    }
  }

  /** Call it once, before the node has connections. */
  watch(peer: Peer): void {
    this.#peer = peer
    const { isVerifier, offences } = this.modules
    limitStreams(peer, { limit: this.#limit, isVerifier, onTooMany: peerId => offences.report(peerId, 'streams') })
    peer.addEventListener('connection:open', ({ detail }) => this.#keep(detail))
  }

  /** Strangers cannot use up the handshakes that these hosts need. */
  know(verifiers: readonly PeerAddress[]): void {
    for (const { multiaddrs } of verifiers) {
      const hosts = multiaddrs.map(hostOf).filter(host => host !== undefined)
      for (const host of hosts.slice(0, MAX_HOSTS_OF_A_VERIFIER)) this.#pool.know(host)
    }
  }

  /** Ends idle connections of strangers, and keeps those of peers that a verifier has announced meanwhile. */
  sweep(): void {
    for (const connection of this.#peer?.getConnections() ?? []) {
      this.#keep(connection)
      const serves = connection.streams.some(({ protocol }) => protocol !== '' && !IDLE_PROTOCOLS.test(protocol))
      if (serves) this.#pool.serve(remoteOf(connection))() // from now on it may be idle for a while
    }
    this.#limit.sweep()
    this.#pool.sweep()
  }

  #keep(connection: Connection): void {
    const { isVerifier, offences } = this.modules
    const { remotePeer, direction } = connection
    const peerId = remotePeer.toString()
    if (direction !== 'inbound' || this.#kept.has(connection) || !isVerifier(peerId)) return
    const others = this.#peer!.getConnections(remotePeer).filter(one => this.#kept.has(one))
    if (others.length >= MAX_OF_A_VERIFIER) {
      offences.report(peerId, 'connections')
      connection.abort(new Error('too many connections of one peer'))
      return
    }
    this.#kept.add(connection)
    this.#pool.reserve(remoteOf(connection))
  }

  /** The pool ends a connection. In a flood, most of them end before the peer has shown who it is. */
  #madeRoom(remote: string): void {
    const { offences } = this.modules
    const connection = this.#peer?.getConnections().find(one => remoteOf(one) === remote)
    if (connection === undefined) offences.reportNameless('connections')
    else offences.report(connection.remotePeer.toString(), 'connections')
  }
}
