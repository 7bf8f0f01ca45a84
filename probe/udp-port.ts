/** One UDP port. A datagram that cannot be sent is counted, never thrown; a socket error never ends the process. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Asked for; the system's maximum may cut it, so what was got is read back. */
const SOCKET_BUFFER_BYTES = 4 << 20

export type DatagramHandler = (datagram: Buffer, source: RemoteInfo) => void

export class UdpPortError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'UdpPortError'
  }
}

export class UdpPort {
  readonly #socket: Socket
  readonly #onSent = (error: Error | null): void => {
    this.inFlight--
    if (error) this.errors++
  }
  #closed = false
  /** handed to the system and not yet taken */
  inFlight = 0
  /** datagrams that the system did not take, and errors of the socket */
  errors = 0
  readonly receiveBufferBytes: number
  readonly port: number

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
    socket.on('error', () => {
      this.errors++
    })
    for (const set of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
      try {
        socket[set](SOCKET_BUFFER_BYTES)
      } catch {
        // The system's default stays; `receiveBufferBytes` tells.
      }
    }
    this.receiveBufferBytes = socket.getRecvBufferSize()
  }

  /** @param port 0 for any. @throws UdpPortError */
  static open(host: string, port: number, onDatagram: DatagramHandler): Promise<UdpPort> {
    const family = isIPv6(host) ? 6 : 4
    // Addresses here are always literals: a lookup that answers at once saves a turn of the event loop a datagram.
    const lookup = (address: string, _options: unknown, done: (e: null, address: string, family: number) => void) =>
      done(null, address, family)
    const socket = createSocket({ type: `udp${family}`, lookup: lookup as never })
    return new Promise((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        socket.close()
        const code = cause.code ?? 'unknown'
        const hint =
          code === 'EADDRINUSE'
            ? 'is in use: stop what holds it, or choose another port'
            : `cannot be opened (${code}): choose an address of this machine and a free port`
        reject(new UdpPortError(code, `UDP port ${port} on ${host} ${hint}`, { cause }))
      }
      socket.once('error', onError)
      socket.on('message', onDatagram)
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', onError)
        resolve(new UdpPort(socket))
      })
    })
  }

  /** @param host an address literal. The bytes must not be changed afterwards. */
  send(datagram: Uint8Array, port: number, host: string): void {
    if (this.#closed) return
    this.inFlight++
    try {
      this.#socket.send(datagram, port, host, this.#onSent)
    } catch {
      this.inFlight--
      this.errors++
    }
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    return new Promise(resolve => this.#socket.close(() => resolve()))
  }
}
