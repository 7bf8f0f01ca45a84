/** The UDP port of one end of tunnels. It works in this thread, and knows the addresses that it sends to. */
import type { Backend, DatagramPort, Endpoint, ReceivedBatch } from '../probe/io/datagram-port.js'
import { openPort } from '../probe/io/open-port.js'
import type { MonotonicClock } from '../probe/ports.js'
import type { Address, TunnelPort } from '../probe/tunnel/index.js'

/** An end sends to the ports of a few providers at a time. */
const MAX_ENDPOINTS = 1024

export class TunnelSocket implements TunnelPort {
  readonly #endpoints = new Map<string, Endpoint>()
  #port!: DatagramPort

  /** @param onDatagram gets memory that the next datagram overwrites. @throws UdpPortError */
  static async open(
    { host, port, clock, backend }: Address & { readonly clock: MonotonicClock; readonly backend?: Backend },
    onDatagram: (datagram: Buffer, source: Address, nowMs: number) => void,
  ): Promise<TunnelSocket> {
    const socket = new TunnelSocket()
    const onBatch = (batch: ReceivedBatch) => {
      for (let i = 0; i < batch.count; i++) {
        const body = batch.body(i)
        const length = batch.lengths[i]!
        if (length <= body.length) onDatagram(body.subarray(0, length), batch.source(i), batch.arrivedMs[i]!)
      }
    }
    socket.#port = await openPort({ host, port, headerBytes: 0, clock, offload: false, onBatch }, backend)
    return socket
  }

  get port(): number {
    return this.#port.facts.port
  }

  send(datagram: Uint8Array, { host, port }: Address): void {
    const key = `${host} ${port}`
    let endpoint = this.#endpoints.get(key)
    if (endpoint === undefined) {
      const [oldest] = this.#endpoints.keys()
      if (this.#endpoints.size >= MAX_ENDPOINTS) this.#endpoints.delete(oldest!)
      endpoint = this.#port.endpoint(host, port)
      this.#endpoints.set(key, endpoint)
    }
    this.#port.send(datagram, endpoint)
  }

  close(): Promise<void> {
    return this.#port.close()
  }
}
