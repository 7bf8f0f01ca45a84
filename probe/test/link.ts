/**
 * A link in front of a UDP port, for tests. A datagram to the link's address waits in a queue, and comes out at the
 * port at no more than the link's rate. Loopback has many addresses: the link sends from an address of its own, with
 * the port number of the original sender.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'

/** A rate, and the queue in front of it. Several links may share one. */
export class LinkQueue {
  #freeMs = 0

  /** @param queueMs longest wait: a datagram that would wait longer is dropped */
  constructor(
    private readonly rateKbps: number,
    private readonly queueMs: number,
  ) {}

  /** @returns how long a datagram takes from now on; undefined if it is dropped */
  takesMs(bytes: number, nowMs: number): number | undefined {
    const doneMs = Math.max(nowMs, this.#freeMs) + (bytes * 8) / this.rateKbps
    if (doneMs - nowMs > this.queueMs) return undefined
    this.#freeMs = doneMs
    return doneMs - nowMs
  }
}

export interface LinkOptions {
  /** an address of its own: 127.0.0.x */
  readonly host: string
  readonly to: { readonly host: string; readonly port: number }
  readonly queue: LinkQueue
  /** the port that others send to; 0 for any */
  readonly port?: number
}

export class Link {
  readonly #options: LinkOptions
  readonly #front: Socket
  /** by the sender's port number */
  readonly #backs = new Map<number, Socket>()
  #closed = false

  private constructor(options: LinkOptions, front: Socket) {
    this.#options = options
    this.#front = front
    front.on('message', (datagram, source) => this.#carry(datagram, source))
  }

  static async open(options: LinkOptions): Promise<Link> {
    return new Link(options, await bound(options.host, options.port ?? 0))
  }

  get port(): number {
    return this.#front.address().port
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const socket of [this.#front, ...this.#backs.values()]) socket.close()
  }

  #carry(datagram: Buffer, source: RemoteInfo): void {
    const ms = this.#options.queue.takesMs(datagram.length + IP_UDP_HEADER_BYTES, performance.now())
    if (ms !== undefined) setTimeout(() => void this.#deliver(datagram, source), ms)
  }

  async #deliver(datagram: Buffer, source: RemoteInfo): Promise<void> {
    const { to } = this.#options
    const back = this.#backs.get(source.port) ?? (await this.#openBack(source))
    if (!this.#closed) back.send(datagram, to.port, to.host)
  }

  async #openBack(source: RemoteInfo): Promise<Socket> {
    const opening = await bound(this.#options.host, source.port)
    const other = this.#backs.get(source.port)
    if (other) {
      opening.close()
      return other
    }
    this.#backs.set(source.port, opening)
    // An answer goes back to the datagram's source, from the address that the datagram was sent to.
    opening.on('message', answer => this.#closed || this.#front.send(answer, source.port, source.address))
    if (this.#closed) opening.close()
    return opening
  }
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('error', () => {})
  socket.bind(port, host)
  await once(socket, 'listening')
  return socket
}
