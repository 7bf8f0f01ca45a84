/** The batch backend: one system call for up to BATCH datagrams, with arrival times taken by the kernel. */
import { getSystemErrorName } from 'node:util'
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
import { NO_OFFLOAD, portError } from './errors.js'
import { pinned } from './mmsg-memory.js'
import type { Native, Watch } from './native.js'
import { Overruns } from './overruns.js'
import { ReceiveArena } from './receive-arena.js'
import { canSegment, joinArrivals } from './segmentation.js'
import { SendQueue } from './send-queue.js'
import { AF_INET6, type Family, familyOf, NAME_BYTES, NativeEndpoint } from './socket-address.js'
import { type Paced, startPaced, stopPaced } from './ticker.js'

const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_RCVBUFFORCE = 33
const SO_TIMESTAMPNS = 35
const SO_MEMINFO = 55
const IPPROTO_IP = 0
const IP_MTU_DISCOVER = 10
const IPPROTO_IPV6 = 41
const IPV6_MTU_DISCOVER = 23
const PMTUDISC_PROBE = 3
const IPV6_V6ONLY = 26
/** Place of the socket's drop counter among the numbers of SO_MEMINFO, and how many there are. */
const MEMINFO = { drops: 8, count: 9 } as const

/** Most batches in one turn of the event loop, so that the thread's other work gets its turn. */
const BATCHES_A_TURN = 8

/**
 * A port that wakes for every datagram costs both ends more than all other work. So once two arrivals are closer than
 * BUSY_GAP_MS, the port is read at intervals instead, until nothing has come for IDLE_MS. The intervals are short
 * enough that few datagrams wait and a relay sends no long bursts.
 */
const BUSY_GAP_MS = 1
const DATAGRAMS_A_READ = 32
const READ_MS = { shortest: 0.3, longest: 1 } as const
const IDLE_MS = 5

export class MmsgPort implements DatagramPort, Paced {
  readonly facts: PortFacts
  readonly staging: Buffer
  readonly #native: Native
  readonly #family: Family
  readonly #fd: number
  readonly #arena: ReceiveArena | undefined
  readonly #staged: SendQueue
  readonly #forwarded: SendQueue
  readonly #onBatch: ((batch: ReceivedBatch) => void) | undefined
  readonly #watch: Watch | undefined
  readonly #stagingAddress: number
  readonly #overruns: Overruns
  readonly #memory = new Int32Array(MEMINFO.count)
  #closed = false
  #lastReadMs = 0
  #lastArrivalMs = 0

  /** @throws UdpPortError */
  constructor(native: Native, { host, port, headerBytes, clock, offload, onBatch }: PortOptions) {
    this.#native = native
    this.#family = familyOf(host)
    this.#fd = native.socket(this.#family, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0)
    const fail = (code = getSystemErrorName(-native.errno())): never => {
      if (this.#fd >= 0) native.close(this.#fd)
      throw portError(host, port, code)
    }
    if (this.#fd < 0) fail()
    this.#set(SO_SNDBUF, SEND_BUFFER_BYTES)
    // Nobody reads a port that only sends. A large buffer would only hold what strangers send to the port.
    if (onBatch) {
      this.#set(SO_RCVBUF, RECEIVE_BUFFER_BYTES)
      this.#set(SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) // a privileged process may exceed the system's maximum
    }
    this.#set(SO_TIMESTAMPNS, 1)
    if (offload && !(canSegment(native, this.#fd) && joinArrivals(native, this.#fd))) fail(NO_OFFLOAD)
    // No datagram is ever cut into fragments: a full one fits every path of IPv6 (QUIC does so too: RFC 9000, section 14).
    // It also saves the kernel a number for each datagram.
    native.setsockopt(this.#fd, IPPROTO_IP, IP_MTU_DISCOVER, Int32Array.of(PMTUDISC_PROBE), 4)
    if (this.#family === AF_INET6)
      native.setsockopt(this.#fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, Int32Array.of(PMTUDISC_PROBE), 4)
    // Bound to all addresses, a port takes both families, whatever the system's default.
    if (this.#family === AF_INET6) native.setsockopt(this.#fd, IPPROTO_IPV6, IPV6_V6ONLY, Int32Array.of(0), 4)
    const nameBytes = NAME_BYTES[this.#family]
    const { words } = NativeEndpoint.of(native, this.#family, host, port).memory
    const name = new Uint8Array(words.buffer)
    if (native.bind(this.#fd, name, nameBytes) !== 0) fail()
    if (native.getsockname(this.#fd, name, Uint32Array.of(nameBytes)) !== 0) fail()
    const size = new Int32Array(1)
    native.getsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, size, Uint32Array.of(4))
    this.facts = {
      backend: 'mmsg',
      kernelTimestamps: true,
      port: new DataView(name.buffer).getUint16(2),
      receiveBufferBytes: size[0]!,
    }

    this.#overruns = new Overruns(() => this.#drops())
    const staging = pinned(native, BATCH * DATAGRAM_BYTES)
    this.staging = staging.buffer
    this.#stagingAddress = staging.address
    this.#staged = new SendQueue(native, nameBytes, offload)
    this.#forwarded = new SendQueue(native, nameBytes, offload)
    this.#onBatch = onBatch
    if (!onBatch) return
    this.#arena = new ReceiveArena(native, { family: this.#family, headerBytes, clock, trains: offload })
    this.#watch = native.watch(this.#fd, () => this.#onReadable())
  }

  get errors(): number {
    return this.#staged.errors + this.#forwarded.errors
  }

  get overruns(): number {
    return this.#overruns.count
  }

  endpoint(host: string, port: number): Endpoint {
    return NativeEndpoint.of(this.#native, this.#family, host, port)
  }

  sendStaged(count: number, to: Endpoint): number {
    for (let i = 0; i < count; i++) {
      this.#staged.add(this.#stagingAddress + i * DATAGRAM_BYTES, DATAGRAM_BYTES, to as NativeEndpoint)
    }
    return this.#staged.send(this.#fd)
  }

  forward(i: number, length: number, to: Endpoint): void {
    if (this.#forwarded.isFull) this.flush()
    this.#forwarded.add(this.#arena!.bodyAddress(i), length, to as NativeEndpoint)
  }

  flush(): void {
    this.#forwarded.sendOrDrop(this.#fd)
  }

  send(datagram: Uint8Array, to: Endpoint): void {
    if (this.#closed) return
    this.staging.set(datagram)
    this.#staged.add(this.#stagingAddress, datagram.length, to as NativeEndpoint)
    this.#staged.sendOrDrop(this.#fd)
  }

  receive(): void {
    this.#read()
  }

  /** Runs while the port is busy. */
  run(nowMs: number): number | undefined {
    const count = this.#read()
    const sinceMs = nowMs - this.#lastReadMs
    this.#lastReadMs = nowMs
    if (count > 0) this.#lastArrivalMs = nowMs
    if (nowMs - this.#lastArrivalMs > IDLE_MS) {
      this.#watch!.resume()
      return undefined
    }
    if (count >= BATCHES_A_TURN * BATCH) return nowMs // more may be waiting
    const waitMs = count > 0 ? (DATAGRAMS_A_READ / count) * sinceMs : READ_MS.longest
    return nowMs + Math.min(READ_MS.longest, Math.max(READ_MS.shortest, waitMs))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    stopPaced(this)
    this.#watch?.close()
    this.#native.close(this.#fd)
  }

  #onReadable(): void {
    const nowMs = performance.now()
    const isBusy = nowMs - this.#lastReadMs < BUSY_GAP_MS
    this.#lastReadMs = nowMs
    this.#read()
    if (!isBusy || this.#closed) return
    this.#watch!.pause()
    this.#lastArrivalMs = nowMs
    startPaced(this)
  }

  /** @returns how many datagrams came */
  #read(): number {
    let total = 0
    for (let batches = 0; batches < BATCHES_A_TURN && !this.#closed; batches++) {
      const count = this.#arena!.receive(this.#fd)
      if (count > 0) this.#onBatch!(this.#arena!)
      total += count
      if (!this.#arena!.isFull) break
    }
    return total
  }

  /** The kernel's own total. Once the port is closed, it grows no more. */
  #drops(): number {
    const memory = this.#memory
    if (!this.#closed) {
      this.#native.getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, memory, Uint32Array.of(memory.byteLength))
    }
    return memory[MEMINFO.drops]!
  }

  #set(option: number, value: number): void {
    // A failure does no harm: the port works with the defaults, and reads back the size of the receive buffer.
    this.#native.setsockopt(this.#fd, SOL_SOCKET, option, Int32Array.of(value), 4)
  }
}
