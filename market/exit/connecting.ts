/**
 * Connects to a destination: the first of its addresses that answers. A tunnel costs its client nothing until it pays, so
 * nobody waits for a destination whose stream is gone, and no tunnel for many at once.
 */
import { connect, type Socket } from 'node:net'
import { type Destination, REPLY, type Reply } from '../core/destination.js'
import type { Reaching } from './reaching.js'

/** For each address. */
const CONNECT_MS = 10_000
/** A connection on which nothing moves for so long is closed: as long as most NAT tables keep it. */
const IDLE_MS = 600_000
/** Of a name, tried one after another. */
const MAX_ADDRESSES = 4
/** Destinations that one tunnel may wait for: a page with all it names, at once. */
const MOST_OF_TUNNEL = 64
/** … and all tunnels of this process together, which share its sockets. */
const MOST_OF_ALL = 1024

const REPLY_OF: Readonly<Record<string, Reply>> = {
  ECONNREFUSED: REPLY.refused,
  ETIMEDOUT: REPLY.timedOut,
  ENETUNREACH: REPLY.networkUnreachable,
  EHOSTUNREACH: REPLY.hostUnreachable,
}

let waitingOfAll = 0

/** The destinations that one tunnel waits for. */
export class Connecting {
  readonly #reaching: Reaching
  #waiting = 0

  constructor(reaching: Reaching) {
    this.#reaching = reaching
  }

  /**
   * @param over aborts once nobody wants the connection any more
   * @returns the open connection, or what to tell the client
   */
  async to(destination: Destination, over: AbortSignal): Promise<Socket | Reply> {
    if (this.#waiting >= MOST_OF_TUNNEL || waitingOfAll >= MOST_OF_ALL) return REPLY.failed
    this.#waiting++
    waitingOfAll++
    try {
      const socket = await connected(destination, this.#reaching, over)
      if (!over.aborted || typeof socket === 'number') return socket
      socket.destroy()
      return REPLY.failed
    } finally {
      this.#waiting--
      waitingOfAll--
    }
  }
}

async function connected(destination: Destination, reaching: Reaching, over: AbortSignal): Promise<Socket | Reply> {
  const addresses = await reaching.addressesOf(destination, over).catch(() => undefined)
  if (addresses === undefined) return REPLY.hostUnreachable
  let reply: Reply = REPLY.notAllowed
  for (const host of addresses.slice(0, MAX_ADDRESSES)) {
    if (over.aborted) return REPLY.failed
    const socket = await opened(host, destination.port, over)
    if (typeof socket !== 'number') return socket
    reply = socket
  }
  return reply
}

function opened(host: string, port: number, over: AbortSignal): Promise<Socket | Reply> {
  return new Promise(resolve => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const abort = () => socket.destroy(new Error('nobody waits for it'))
    over.addEventListener('abort', abort)
    socket.setTimeout(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    socket.once('connect', () => {
      over.removeEventListener('abort', abort)
      socket.removeAllListeners('error').removeAllListeners('timeout')
      socket.setTimeout(IDLE_MS, () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      over.removeEventListener('abort', abort)
      resolve(REPLY_OF[error.code ?? ''] ?? REPLY.failed)
    })
  })
}
