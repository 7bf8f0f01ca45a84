/**
 * How datagrams come and go, whatever carries them: Node's dgram, or system calls that take a batch each. A datagram that
 * cannot be sent is counted, never thrown; an error of the socket never ends the process.
 *
 * Nothing here is allocated a datagram but where dgram itself does it: batches and buffers are used again and again, so
 * what is not copied out of them before the next call is lost.
 */
import type { MonotonicClock } from '../ports.js'

/** Most datagrams that one call takes or gives. */
export const BATCH = 64

/** Asked for; the system's maximum may cut it, so what was got is read back. */
export const SOCKET_BUFFER_BYTES = 4 << 20

export type Backend = 'mmsg' | 'dgram'

/** An address as the port that made it knows it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Datagrams that came in together, in the order of their arrival. */
export interface ReceivedBatch {
  readonly count: number
  /** bytes of the whole datagram, also where it was too long for its place */
  readonly lengths: Uint32Array
  /** never descending, on the port's clock */
  readonly arrivedMs: Float64Array
  /** the first `headerBytes` of each datagram, one after another */
  readonly headers: Buffer
  /** what follows, each at a multiple of DATAGRAM_BYTES − `headerBytes`: full datagrams lie without a gap */
  readonly bodies: Buffer
  isFrom(i: number, endpoint: Endpoint): boolean
  source(i: number): Endpoint
}

export interface PortOptions {
  /** an address literal */
  readonly host: string
  /** 0 for any */
  readonly port: number
  /** how much of each datagram is laid apart from the rest */
  readonly headerBytes: number
  readonly clock: MonotonicClock
  /** Whether the kernel may cut one large datagram into many. Where the path has no hardware for it, it gains little. */
  readonly offload: boolean
  /** Without it, what comes in is thrown away. */
  readonly onBatch?: ((batch: ReceivedBatch) => void) | undefined
}

/** What is known of a port once it is open. */
export interface PortFacts {
  readonly backend: Backend
  /** arrival times are the kernel's; else they are those of a callback: good for throughput, not for queueing delay */
  readonly kernelTimestamps: boolean
  readonly port: number
  /** what the system gave; below about a tenth of a second of data, a busy machine loses some */
  readonly receiveBufferBytes: number
}

export interface DatagramPort {
  readonly facts: PortFacts
  /** datagrams that the system did not take, and errors of the socket */
  readonly errors: number

  /** @param host a literal of the port's address family. @throws UdpPortError */
  endpoint(host: string, port: number): Endpoint

  /** room for BATCH full datagrams, one after another */
  readonly staging: Buffer
  /** Sends the first `count` of them. @returns how many the system took; the others are to be tried again later */
  sendStaged(count: number, to: Endpoint): number

  /** Sends on the i-th datagram of the batch that is being handled, as it lies there now; goes out with `flush`. */
  forward(i: number, length: number, to: Endpoint): void
  flush(): void

  /** One datagram by itself. */
  send(datagram: Uint8Array, to: Endpoint): void

  /** Hands over at once what has come in by now. */
  receive(): void

  close(): Promise<void>
}
