/** The connections of a libp2p node in the pool of its owner. */
import type { Connection, MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ConnectionPool } from './connection-pool.js'
import { hostOf } from './libp2p.js'

/** The name under which the pool knows a connection. */
export const remoteOf = ({ remoteAddr }: Pick<Connection, 'remoteAddr'>): string =>
  `${hostOf(remoteAddr.toString())} ${portOf(remoteAddr)}`

/**
 * A new connection, before its handshake.
 * @param onCrowded hears that it had to make room for another one
 * @returns whether it may go on
 */
export function admitTo(pool: ConnectionPool, connection: MultiaddrConnection, onCrowded = () => {}): boolean {
  const [remote, host] = [remoteOf(connection), hostOf(connection.remoteAddr.toString())]
  const close: Parameters<ConnectionPool['admit']>[2] = why => {
    if (why === 'crowded') onCrowded()
    connection.abort(new Error('the connection made room for another, or was idle'))
  }
  if (host === undefined || !pool.admit(remote, host, close)) return false
  connection.addEventListener('close', () => pool.gone(remote))
  return true
}

const portOf = (address: Multiaddr): string | undefined =>
  address.getComponents().find(({ name }) => name === 'tcp')?.value
