/**
 * A UDP port, over either backend: Node's dgram, or system calls that each take a batch. A datagram that cannot be sent
 * is counted and never thrown. An error of the socket never ends the process.
 *
 * Except inside dgram, no datagram costs an allocation: batches and buffers are used again. The next call overwrites
 * them, so copy what you need.
 */
import type { MonotonicClock } from '../ports.js'

/** Most datagrams of one call. */
export const BATCH = 64

/**
 * Requested size of the receive buffer. The system's maximum may cut it for a process without privileges, so the port
 * reads the real size back. Linux grants twice the request and also counts its own records, so the buffer holds about as
 * many bytes of full datagrams as were requested: a tenth of a second at 1.3 Gbit/s.
 */
export const RECEIVE_BUFFER_BYTES = 16 << 20
/**
 * Requested size of the send buffer. A larger one would hide a slow uplink: the sender's log counts a datagram as sent
 * once it is in the buffer.
 */
export const SEND_BUFFER_BYTES = 4 << 20

export type Backend = 'mmsg' | 'dgram'

/** An address, in the form of the port that made it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Datagrams that one call received, in the order of their arrival. */
export interface ReceivedBatch {
  readonly count: number
  /** bytes of the whole datagram, even if it was too long for its body */
  readonly lengths: Uint32Array
  /** on the port's clock; never descending. With offload, datagrams that the kernel joined have one time */
  readonly arrivedMs: Float64Array
  /** the first `headerBytes` of each datagram, one after another */
  readonly headers: Buffer
  /** The rest of the i-th datagram, which may be changed: at least its bytes, and at most those of a full datagram. */
  body(i: number): Buffer
  isFrom(i: number, endpoint: Endpoint): boolean
  source(i: number): Endpoint
}

export interface PortOptions {
  /** an address literal */
  readonly host: string
  /** 0 for any */
  readonly port: number
  /** how many bytes of each datagram go to `headers` */
  readonly headerBytes: number
  readonly clock: MonotonicClock
  /**
   * Whether the kernel may cut one large datagram into many, and join many that arrive (see segmentation.ts). Needs the
   * backend mmsg, and `headerBytes` 0.
   */
  readonly offload: boolean
  /** undefined for a port that only sends: the port then drops all that comes in */
  readonly onBatch?: ((batch: ReceivedBatch) => void) | undefined
}

/** Facts of an open port. */
export interface PortFacts {
  readonly backend: Backend
  /**
   * the kernel takes the arrival times; else a callback does, which is good for throughput but not for queueing delay
   */
  readonly kernelTimestamps: boolean
  readonly port: number
  /** as the system granted; with less than about a tenth of a second of data, a busy machine loses datagrams */
  readonly receiveBufferBytes: number
}

export interface DatagramPort {
  readonly facts: PortFacts
  /** number of datagrams that the system did not take, and of errors of the socket */
  readonly errors: number
  /** number of datagrams that came in and were lost, because the receive buffer was full (see overruns.ts) */
  readonly overruns: number

  /** @param host a literal of the port's address family. @throws UdpPortError */
  endpoint(host: string, port: number): Endpoint

  /** room for BATCH full datagrams, one after another */
  readonly staging: Buffer
  /** Sends the first `count` datagrams of `staging`. @returns how many the system took; try the others again later */
  sendStaged(count: number, to: Endpoint): number

  /** During `onBatch`: queues the i-th datagram of the batch, with its present bytes. `flush` sends it. */
  forward(i: number, length: number, to: Endpoint): void
  flush(): void

  /** Sends one datagram. */
  send(datagram: Uint8Array, to: Endpoint): void

  /** Hands over at once the datagrams that have arrived. */
  receive(): void

  close(): Promise<void>
}
