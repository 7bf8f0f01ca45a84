/**
 * A NAT in front of a UDP port, for tests. Every source that sends to the NAT's address comes out at the port from the
 * NAT's host, with another port number. Answers find their way back.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

export class Nat {
  readonly #host: string
  readonly #front: Socket
  /** by the source's address */
  readonly #backs = new Map<string, Promise<Socket>>()

  private constructor(host: string, to: { readonly host: string; readonly port: number }, front: Socket) {
    this.#host = host
    this.#front = front
    front.on('message', (datagram, source) => {
      void this.#backOf(source).then(back => back.send(datagram, to.port, to.host))
    })
  }

  /**
   * @param host an address of its own: 127.0.0.x, where others reach it
   * @param port the port number there (default: that of `to`)
   */
  static async open(
    host: string,
    to: { readonly host: string; readonly port: number },
    port: number = to.port,
  ): Promise<Nat> {
    return new Nat(host, to, await bound(host, port))
  }

  get port(): number {
    return this.#front.address().port
  }

  async close(): Promise<void> {
    for (const back of this.#backs.values()) (await back).close()
    this.#front.close()
  }

  #backOf({ address, port }: RemoteInfo): Promise<Socket> {
    const name = `${address} ${port}`
    const known = this.#backs.get(name)
    if (known) return known
    const opening = bound(this.#host, 0).then(back => {
      back.on('message', answer => this.#front.send(answer, port, address))
      return back
    })
    this.#backs.set(name, opening)
    return opening
  }
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => {}) // what cannot be delivered is lost
  socket.bind(port, host)
  await once(socket, 'listening')
  return socket
}
