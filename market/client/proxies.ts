/** Where applications connect to this client: SOCKS5 (RFC 1928) and HTTP CONNECT (RFC 9110, section 9.3.6), on loopback. */
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Socks5Server } from '@pondwader/socks5-server'
import type { QuicStream } from '../../probe/tunnel/index.js'
import { UserError } from '../../verifier/config/errors.js'
import { type Destination, REPLY, type Reply } from '../core/destination.js'
import { ConnectError } from './connection.js'

/**
 * Opens a connection. @param gone once the application went away: nobody waits for the connection any more.
 * @throws ConnectError, or another error if there is no tunnel
 */
export type Connect = (destination: Destination, gone: AbortSignal) => Promise<QuicStream>
/** Carries an application's connection to its end. */
export type Join = (application: Duplex, connection: QuicStream) => Promise<void>

export interface ProxyServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

type SocksStatus = Parameters<Parameters<Socks5Server['setConnectionHandler']>[0]>[1] extends (status: infer S) => void
  ? S
  : never

const SOCKS_STATUS: Readonly<Record<Reply, SocksStatus>> = {
  [REPLY.granted]: 'REQUEST_GRANTED',
  [REPLY.failed]: 'GENERAL_FAILURE',
  [REPLY.notAllowed]: 'CONNECTION_NOT_ALLOWED',
  [REPLY.networkUnreachable]: 'NETWORK_UNREACHABLE',
  [REPLY.hostUnreachable]: 'HOST_UNREACHABLE',
  [REPLY.refused]: 'CONNECTION_REFUSED',
  [REPLY.timedOut]: 'TTL_EXPIRED',
}

const HTTP_STATUS: Readonly<Record<Reply, string>> = {
  [REPLY.granted]: '200 Connection Established',
  [REPLY.failed]: '502 Bad Gateway',
  [REPLY.notAllowed]: '403 Forbidden',
  [REPLY.networkUnreachable]: '502 Bad Gateway',
  [REPLY.hostUnreachable]: '502 Bad Gateway',
  [REPLY.refused]: '502 Bad Gateway',
  [REPLY.timedOut]: '504 Gateway Timeout',
}

export interface ListenOptions {
  readonly host: string
  /** 0 for any */
  readonly port: number
}

/** For an application to name its destination: it does so at once. */
const REQUEST_MS = 10_000

/** @param requestMs for an application to name its destination. @throws UserError 'port-in-use' */
export async function serveSocks(
  listen: ListenOptions,
  connect: Connect,
  join: Join,
  requestMs = REQUEST_MS,
): Promise<ProxyServer> {
  const socks = new Socks5Server()
  socks.supportedCommands = new Set(['connect'])
  const stopWaiting = new WeakMap<Duplex, () => void>()
  socks.setConnectionHandler(({ socket, destAddress: host, destPort: port }, sendStatus) => {
    stopWaiting.get(socket)?.()
    whileOpen(socket, gone => connect({ host, port }, gone)).then(
      connection => {
        sendStatus('REQUEST_GRANTED')
        return join(socket, connection).catch(() => {}) // one of the two went away
      },
      error => {
        sendStatus(SOCKS_STATUS[replyOf(error)])
        socket.end()
      },
    )
  })
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    socket.on('error', () => {})
    stopWaiting.set(socket, awaitRequest(socket, requestMs))
    socks._handleConnection(socket)
  })
  return listening(server, listen, '--socks')
}

/** @throws UserError 'port-in-use' */
export async function serveHttp(listen: ListenOptions, connect: Connect, join: Join): Promise<ProxyServer> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(405, { allow: 'CONNECT', connection: 'close' })
    response.end('This proxy takes CONNECT. Use an https:// address, or the SOCKS5 proxy.\n')
  })
  server.on('connect', (request, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    const destination = destinationOf(request.url ?? '')
    if (destination === undefined) return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    whileOpen(socket, gone => connect(destination, gone)).then(
      connection => {
        socket.write(`HTTP/1.1 ${HTTP_STATUS[REPLY.granted]}\r\n\r\n`)
        if (head.length > 0) socket.unshift(head)
        return join(socket, connection).catch(() => {})
      },
      error => socket.end(`HTTP/1.1 ${HTTP_STATUS[replyOf(error)]}\r\n\r\n`),
    )
    return undefined
  })
  return listening(server, listen, '--http')
}

/** The library goes on waiting for the rest of a request when an application has ended its half. @returns how to stop this */
function awaitRequest(socket: Socket, ms: number): () => void {
  const giveUp = () => socket.destroy()
  const timer = setTimeout(giveUp, ms)
  const stop = () => {
    clearTimeout(timer)
    socket.off('end', giveUp).off('close', stop)
  }
  socket.once('end', giveUp).once('close', stop)
  return stop
}

/** @param work hears when the socket closes meanwhile */
async function whileOpen<T>(socket: Duplex, work: (gone: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController()
  const abort = () => gone.abort()
  if (socket.closed) abort()
  socket.once('close', abort)
  try {
    return await work(gone.signal)
  } finally {
    socket.off('close', abort)
  }
}

function destinationOf(authority: string): Destination | undefined {
  try {
    const { hostname, port } = new URL(`tcp://${authority}`)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    return host === '' || port === '' ? undefined : { host, port: Number(port) }
  } catch {
    return undefined
  }
}

const replyOf = (error: unknown): Reply => (error instanceof ConnectError ? error.reply : REPLY.failed)

async function listening(server: Server, { host, port }: ListenOptions, option: string): Promise<ProxyServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      const { code } = cause as NodeJS.ErrnoException
      const todo = `Choose another address with ${option}.`
      reject(new UserError('port-in-use', `The proxy cannot listen on ${host}:${port} (${code}). ${todo}`, { cause }))
    })
    server.listen(port, host, resolve)
  })
  return {
    host,
    port: (server.address() as { readonly port: number }).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
