/** An application that loads a page through the client, again and again, whatever happens to the client. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { getRequest, socksConnect } from '../../market/socks-get.js'

const AGAIN_MS = 100

export class User {
  readonly #url: URL
  readonly #loading: Promise<void>
  #proxyPort: number | undefined
  #socket: { readonly socket: Socket; readonly readBefore: number; readonly writtenBefore: number } | undefined
  #pastBytes = 0
  #isStopped = false

  constructor(url: URL) {
    this.#url = url
    this.#loading = this.#load()
  }

  /** Where the client takes connections from now on. */
  set proxyPort(port: number) {
    this.#proxyPort = port
  }

  /** Of all connections, in both directions, as this process's own sockets count them. */
  get bytes(): number {
    return this.#pastBytes + this.#presentBytes
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#socket?.socket.destroy()
    await this.#loading
  }

  get #presentBytes(): number {
    if (this.#socket === undefined) return 0
    const { socket, readBefore, writtenBefore } = this.#socket
    return socket.bytesRead - readBefore + socket.bytesWritten - writtenBefore
  }

  async #load(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#proxyPort === undefined) await pause(AGAIN_MS)
      else await this.#loadOnce(this.#proxyPort).catch(() => pause(AGAIN_MS)) // the client is down, or has no tunnel
    }
  }

  async #loadOnce(proxyPort: number): Promise<void> {
    const { socket, reader } = await socksConnect(proxyPort, this.#url)
    this.#socket = { socket, readBefore: socket.bytesRead, writtenBefore: socket.bytesWritten }
    try {
      socket.on('error', () => {}) // `close` follows
      const closed = once(socket, 'close')
      reader.release()
      socket.write(getRequest(this.#url))
      socket.on('end', () => socket.end()).resume()
      await closed
    } finally {
      this.#pastBytes += this.#presentBytes
      this.#socket = undefined
      socket.destroy()
    }
  }
}
