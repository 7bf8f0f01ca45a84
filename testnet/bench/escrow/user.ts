/** An application that loads a page through the client, again and again, whatever happens to the client. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { getRequest, socksConnect } from '../../market/socks-get.js'

const AGAIN_MS = 100

/** One that the client has opened to the page. */
class Connection {
  readonly #socket: Socket
  readonly #handshakeBytes: number

  constructor(socket: Socket) {
    this.#socket = socket
    this.#handshakeBytes = socket.bytesRead + socket.bytesWritten
  }

  /** In both directions, as this process's own socket counts them. */
  get bytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten - this.#handshakeBytes
  }
}

export class User {
  readonly #url: URL
  readonly #loading: Promise<void>
  /** A tunnel that ends, ends its connection. */
  readonly connections: Connection[] = []
  #proxyPort: number | undefined
  #socket: Socket | undefined
  #isStopped = false

  constructor(url: URL) {
    this.#url = url
    this.#loading = this.#load()
  }

  /** Where the client takes connections from now on. */
  set proxyPort(port: number) {
    this.#proxyPort = port
  }

  get bytes(): number {
    return this.connections.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#socket?.destroy()
    await this.#loading
  }

  async #load(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#proxyPort === undefined) await pause(AGAIN_MS)
      else await this.#loadOnce(this.#proxyPort).catch(() => pause(AGAIN_MS)) // the client is down, or has no tunnel
    }
  }

  async #loadOnce(proxyPort: number): Promise<void> {
    const { socket, reader } = await socksConnect(proxyPort, this.#url)
    this.#socket = socket
    try {
      socket.on('error', () => {}) // `close` follows
      const closed = once(socket, 'close')
      this.connections.push(new Connection(socket))
      reader.release()
      socket.write(getRequest(this.#url))
      socket.on('end', () => socket.end()).resume()
      await closed
    } finally {
      socket.destroy()
    }
  }
}
