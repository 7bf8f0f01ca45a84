/** The backend that works everywhere: one datagram per call and batch, and arrival times as good as the event loop. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv4, isIPv6 } from 'node:net'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import {
  BATCH,
  type DatagramPort,
  type Endpoint,
  type PortFacts,
  type PortOptions,
  RECEIVE_BUFFER_BYTES,
  type ReceivedBatch,
  SEND_BUFFER_BYTES,
} from './datagram-port.js'
import { portError } from './errors.js'
import { dropsOfPort, Overruns } from './overruns.js'
import { MAPPED, unmapped } from './socket-address.js'

/** Most datagrams that the system has not taken yet. A sender that reaches this is limited by its own uplink. */
const MAX_IN_FLIGHT = 512

class SingleBatch implements ReceivedBatch {
  readonly count = 1
  readonly lengths = new Uint32Array(1)
  readonly arrivedMs = new Float64Array(1)
  readonly headers: Buffer
  readonly #body: Buffer
  from!: RemoteInfo

  constructor(headerBytes: number) {
    this.headers = Buffer.alloc(headerBytes)
    this.#body = Buffer.alloc(DATAGRAM_BYTES - headerBytes)
  }

  isFrom(_i: number, { host, port }: Endpoint): boolean {
    return this.from.port === port && unmapped(this.from.address) === host
  }

  body(): Buffer {
    return this.#body
  }

  source(): Endpoint {
    return { host: unmapped(this.from.address), port: this.from.port }
  }

  take(datagram: Buffer, from: RemoteInfo, arrivedMs: number): void {
    this.from = from
    this.lengths[0] = datagram.length
    this.arrivedMs[0] = arrivedMs
    datagram.copy(this.headers, 0, 0, this.headers.length)
    if (datagram.length > this.headers.length) datagram.copy(this.#body, 0, this.headers.length)
  }
}

export class DgramPort implements DatagramPort {
  readonly facts: PortFacts
  readonly staging = Buffer.alloc(BATCH * DATAGRAM_BYTES)
  errors = 0
  readonly #socket: Socket
  readonly #batch: SingleBatch
  readonly #overruns: Overruns
  readonly #onSent = (error: Error | null): void => {
    this.#inFlight--
    if (error) this.errors++
  }
  readonly #isIpv6: boolean
  #inFlight = 0
  #closed = false

  private constructor(socket: Socket, { host, headerBytes, clock, onBatch }: PortOptions) {
    this.#socket = socket
    this.#isIpv6 = isIPv6(host)
    this.#batch = new SingleBatch(headerBytes)
    socket.on('error', () => {
      this.errors++
    })
    for (const [set, bytes] of [
      ['setRecvBufferSize', RECEIVE_BUFFER_BYTES],
      ['setSendBufferSize', SEND_BUFFER_BYTES],
    ] as const) {
      try {
        socket[set](bytes)
      } catch {
        // The system's default stays. The port's facts show it.
      }
    }
    this.facts = {
      backend: 'dgram',
      kernelTimestamps: false,
      port: socket.address().port,
      receiveBufferBytes: socket.getRecvBufferSize(),
    }
    this.#overruns = new Overruns(() => dropsOfPort(host, this.facts.port))
    if (!onBatch) return
    socket.on('message', (datagram, source) => {
      this.#batch.take(datagram, source, clock.now())
      onBatch(this.#batch)
    })
  }

  /** @throws UdpPortError */
  static open(options: PortOptions): Promise<DgramPort> {
    const { host, port } = options
    const family = isIPv6(host) ? 6 : 4
    // Addresses are always literals, so the lookup answers at once. This saves a turn of the event loop per datagram.
    const lookup = (address: string, _options: unknown, done: (e: null, address: string, family: number) => void) =>
      done(null, address, family)
    const socket = createSocket({ type: `udp${family}`, lookup: lookup as never })
    return new Promise((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        socket.close()
        reject(portError(host, port, cause.code ?? 'unknown', { cause }))
      }
      socket.once('error', onError)
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', onError)
        resolve(new DgramPort(socket, options))
      })
    })
  }

  get overruns(): number {
    return this.#overruns.count
  }

  endpoint(host: string, port: number): Endpoint {
    return { host, port }
  }

  sendStaged(count: number, to: Endpoint): number {
    let taken = 0
    while (taken < count && this.#inFlight < MAX_IN_FLIGHT) {
      this.send(this.staging.subarray(taken * DATAGRAM_BYTES, (taken + 1) * DATAGRAM_BYTES), to)
      taken++
    }
    return taken
  }

  forward(_i: number, length: number, to: Endpoint): void {
    this.send(this.#batch.body().subarray(0, length), to)
  }

  flush(): void {
    // `forward` has sent everything already.
  }

  send(datagram: Uint8Array, { port, host }: Endpoint): void {
    if (this.#closed) return
    this.#inFlight++
    try {
      // A copy, because the system may take the datagram later, when its place holds another.
      this.#socket.send(
        Buffer.from(datagram),
        port,
        this.#isIpv6 && isIPv4(host) ? `${MAPPED}${host}` : host,
        this.#onSent,
      )
    } catch {
      this.#inFlight--
      this.errors++
    }
  }

  receive(): void {
    // Datagrams come by themselves, one per callback.
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    return new Promise(resolve => this.#socket.close(() => resolve()))
  }
}
