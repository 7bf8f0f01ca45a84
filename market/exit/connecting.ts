/** Connects to a destination: the first of its addresses that answers. */
import { connect, type Socket } from 'node:net'
import { type Destination, REPLY, type Reply } from '../core/destination.js'
import type { Reaching } from './reaching.js'

/** For each address. */
const CONNECT_MS = 10_000
/** A connection on which nothing moves for so long is closed: as long as most NAT tables keep it. */
const IDLE_MS = 600_000
/** Of a name, tried one after another. */
const MAX_ADDRESSES = 4

const REPLY_OF: Readonly<Record<string, Reply>> = {
  ECONNREFUSED: REPLY.refused,
  ETIMEDOUT: REPLY.timedOut,
  ENETUNREACH: REPLY.networkUnreachable,
  EHOSTUNREACH: REPLY.hostUnreachable,
}

/** @returns the open connection, or what to tell the client */
export async function connected(destination: Destination, reaching: Reaching): Promise<Socket | Reply> {
  const addresses = await reaching.addressesOf(destination).catch(() => undefined)
  if (addresses === undefined) return REPLY.hostUnreachable
  let reply: Reply = REPLY.notAllowed
  for (const host of addresses.slice(0, MAX_ADDRESSES)) {
    const socket = await opened(host, destination.port)
    if (typeof socket !== 'number') return socket
    reply = socket
  }
  return reply
}

function opened(host: string, port: number): Promise<Socket | Reply> {
  return new Promise(resolve => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    socket.setTimeout(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    socket.once('connect', () => {
      socket.removeAllListeners('error').removeAllListeners('timeout')
      socket.setTimeout(IDLE_MS, () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(REPLY_OF[error.code ?? ''] ?? REPLY.failed))
  })
}
