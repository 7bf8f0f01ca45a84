/** A UDP port of Node itself, on loopback: the other end of the project's ports in tests. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { RECEIVE_BUFFER_BYTES } from '../io/datagram-port.js'
import { HOST } from './harness.js'

export class PlainUdp {
  readonly port: number
  readonly #socket: Socket
  #closed = false
  /** number of datagrams */
  sent = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
  }

  static async open(onDatagram: (datagram: Buffer, source: RemoteInfo) => void): Promise<PlainUdp> {
    // What comes while this thread does not run must not be lost: tests count it.
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES }, onDatagram)
    await new Promise<void>(resolve => socket.bind(0, HOST, resolve))
    return new PlainUdp(socket)
  }

  send(datagram: Uint8Array, port: number): void {
    if (this.#closed) return
    this.sent++
    this.#socket.send(datagram, port, HOST)
  }

  close(): Promise<void> {
    this.#closed = true
    return new Promise(resolve => this.#socket.close(() => resolve()))
  }
}
