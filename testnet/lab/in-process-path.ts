/**
 * The path from a provider to a receiver inside this process: a model of the provider's link, then a delay line that loses
 * some datagrams. The path sits between their UDP ports under an address of its own, and shows each the other's port, as
 * both expect:
 *
 *   provider :P ══ ours :R ── link, delay, loss ── ours :P ══ receiver :R
 *   sender :x   ══ ours :R ──── delay, loss ────── a port for this sender ══ receiver :R
 *
 * Datagrams that senders send straight to the receiver have delay and loss only. The receiver's answers go back. If the receiver's own
 * link is narrow, everything must fit through that link as well.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { monotonicMs } from '../../probe/plane/clock.js'
import { IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'
import { Curve } from './curve.js'
import { DelayLine } from './delay-line.js'
import type { Cell } from './lab.js'
import { LinkModel } from './link-model.js'

/** A second loopback address, which Linux has by default. */
export const PATH_HOST = '127.0.0.2'
const BUFFER_BYTES = 4 << 20

export interface PathShape extends Cell {
  /** of the receiver's own link; undefined for a link that is wide enough */
  readonly receiverKbps?: number | undefined
}

export interface PathEnds {
  readonly host: string
  readonly providerPort: number
  readonly receiverPort: number
}

interface Sockets {
  readonly toProvider: Socket
  readonly toReceiver: Socket
}

export class InProcessPath {
  readonly #ends: PathEnds
  readonly #sockets: Sockets
  readonly #random: () => number
  readonly #line = new DelayLine()
  /** towards the receiver, by the address of a sender */
  readonly #direct = new Map<string, Promise<Socket>>()
  #cell: Cell = { rateKbps: 1, rttMs: 0, lossPercent: 0 }
  #link = new LinkModel(1)
  #downlink: LinkModel | undefined
  #passed = 0
  #closed = false
  #curve = new Curve()
  /** towards the receiver, since the start */
  packets = 0
  lost = 0

  private constructor(ends: PathEnds, sockets: Sockets, random: () => number) {
    this.#ends = ends
    this.#sockets = sockets
    this.#random = random
    sockets.toProvider.on('message', (datagram, source) => this.#forward(datagram, source))
    sockets.toReceiver.on('message', datagram => {
      const { host, providerPort } = this.#ends
      this.#delay(monotonicMs(), () => sockets.toProvider.send(datagram, providerPort, host))
    })
  }

  /** @param random from 0 to 1 @throws Error if the addresses cannot be had */
  static async open(ends: PathEnds, random: () => number): Promise<InProcessPath> {
    const opened: Socket[] = []
    try {
      for (const port of [ends.receiverPort, ends.providerPort]) opened.push(await bind(port))
    } catch (error) {
      for (const socket of opened) socket.close()
      throw error
    }
    const [toProvider, toReceiver] = opened as [Socket, Socket]
    return new InProcessPath(ends, { toProvider, toReceiver }, random)
  }

  shape(shape: PathShape): void {
    const { receiverKbps } = shape
    this.#cell = shape
    this.#link = new LinkModel(shape.rateKbps)
    this.#downlink = receiverKbps === undefined ? undefined : new LinkModel(receiverKbps)
  }

  /** The bytes that pass the provider's link from now on, at the IP layer. */
  watch(): Curve {
    this.#curve = new Curve()
    this.#curve.push(monotonicMs(), this.#passed)
    return this.#curve
  }

  async close(): Promise<void> {
    this.#line.close()
    this.#closed = true
    const { toProvider, toReceiver } = this.#sockets
    const direct = await Promise.all(this.#direct.values())
    await Promise.all([toProvider, toReceiver, ...direct].map(socket => new Promise<void>(done => socket.close(done))))
  }

  #forward(datagram: Buffer, source: RemoteInfo): void {
    const { host, providerPort, receiverPort } = this.#ends
    const nowMs = monotonicMs()
    const fromProvider = source.port === providerPort && source.address === host
    let leavesMs: number | undefined = nowMs
    const bytes = datagram.length + IP_UDP_HEADER_BYTES
    if (fromProvider) {
      leavesMs = this.#link.leavesMs(bytes, nowMs)
      if (leavesMs === undefined) return
      this.#passed += bytes
      this.#curve.push(leavesMs, this.#passed)
    }
    if (this.#downlink) leavesMs = this.#downlink.leavesMs(bytes, leavesMs)
    if (leavesMs === undefined) return
    this.packets++
    const send = (socket: Socket) => socket.send(datagram, receiverPort, host)
    const leave = fromProvider
      ? () => send(this.#sockets.toReceiver)
      : () => void this.#directOf(source).then(socket => this.#closed || send(socket))
    if (!this.#delay(leavesMs, leave)) this.lost++
  }

  #directOf({ address, port }: RemoteInfo): Promise<Socket> {
    const name = `${address} ${port}`
    const known = this.#direct.get(name)
    if (known) return known
    const opening = bind(0).then(socket =>
      socket.on('message', answer =>
        this.#delay(monotonicMs(), () => this.#sockets.toProvider.send(answer, port, address)),
      ),
    )
    this.#direct.set(name, opening)
    return opening
  }

  /** @returns false if the datagram is lost on the way */
  #delay(fromMs: number, send: () => void): boolean {
    const { rttMs, lossPercent } = this.#cell
    if (this.#random() * 100 < lossPercent) return false
    this.#line.put(fromMs + rttMs / 2, send)
    return true
  }
}

async function bind(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind({ address: PATH_HOST, port, exclusive: true })
  await once(socket, 'listening') // rejects on 'error'
  socket.on('error', () => {}) // a datagram that cannot be delivered is lost like any other
  socket.setRecvBufferSize(BUFFER_BYTES)
  socket.setSendBufferSize(BUFFER_BYTES)
  return socket
}
