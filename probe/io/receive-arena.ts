/**
 * Memory that recvmmsg fills: datagrams with their headers apart, their sources, and the kernel's arrival times.
 *
 * With offload (UDP_GRO) one message may hold a train: datagrams of one source and one length, one after another, of which
 * only the last may be shorter. The kernel gives a train one arrival time. The arena takes trains apart, so the port's
 * user sees single datagrams.
 */
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { MonotonicClock } from '../ports.js'
import { BATCH, type ReceivedBatch } from './datagram-port.js'
import {
  CONTROL,
  CONTROL_WORDS,
  HEADER,
  HEADER_WORDS,
  IOV,
  IOV_WORDS,
  Memory,
  NAME_WORDS,
  pinned,
} from './mmsg-memory.js'
import type { Native } from './native.js'
import { SOL_UDP, UDP_GRO } from './segmentation.js'
import { AF_INET, type Family, NAME_BYTES, NativeEndpoint } from './socket-address.js'

const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40
const CLOCK_REALTIME = 0
/** Two clocks that are read one after the other differ by this much at most. */
const CLOCKS_APART_MS = 1

/** Control data of one datagram: a cmsghdr with a timespec. A train has a second one, with the length of its datagrams. */
const CONTROL_BYTES = CONTROL_WORDS * 4
const TRAIN_CONTROL_BYTES = 2 * CONTROL_BYTES

/** Messages of one call if each may be a train, the longest train, and the most datagrams that the kernel puts in one. */
const TRAINS = 16
const TRAIN_BYTES = 1 << 16
const TRAIN_DATAGRAMS = 128

export interface ArenaOptions {
  readonly family: Family
  /** bytes of each datagram that go to `headers` */
  readonly headerBytes: number
  readonly clock: MonotonicClock
  /** Messages may be trains. All bytes of a datagram are then in its body: `headerBytes` is 0. */
  readonly trains: boolean
}

export class ReceiveArena implements ReceivedBatch {
  count = 0
  /** the kernel may have more: it filled all messages */
  isFull = false
  readonly lengths: Uint32Array
  readonly arrivedMs: Float64Array
  readonly headers: Buffer
  readonly #native: Native
  readonly #clock: MonotonicClock
  readonly #family: Family
  /** messages of one call */
  readonly #most: number
  /** bytes of memory for the body of a message */
  readonly #room: number
  readonly #controlBytes: number
  readonly #bodies: { readonly buffer: Buffer; readonly address: number }
  /** of each datagram: where its body begins, and the message that it came in */
  readonly #offsets: Uint32Array
  readonly #messageOf: Uint16Array
  /** of each datagram: its view among `#views`, or −1 */
  readonly #viewOf: Int32Array
  /** views of full bodies: made once, so that no datagram costs a new one */
  readonly #views: readonly Buffer[]
  readonly #viewsOfRoom: number
  readonly #bodyBytes: number
  readonly #messages: Memory
  readonly #names: Memory
  readonly #controls: Memory
  /** Only the kernel reads this memory. The reference keeps it alive. */
  protected readonly kept: Memory
  readonly #realtime = new Uint32Array(new ArrayBuffer(16))
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(native: Native, { family, headerBytes, clock, trains }: ArenaOptions) {
    this.#native = native
    this.#family = family
    this.#clock = clock
    const most = trains ? TRAINS : BATCH
    const datagrams = trains ? TRAINS * TRAIN_DATAGRAMS : BATCH
    this.#most = most
    this.#bodyBytes = DATAGRAM_BYTES - headerBytes
    this.#room = trains ? TRAIN_BYTES : this.#bodyBytes
    this.#controlBytes = trains ? TRAIN_CONTROL_BYTES : CONTROL_BYTES
    this.lengths = new Uint32Array(datagrams)
    this.arrivedMs = new Float64Array(datagrams)
    this.#offsets = new Uint32Array(datagrams)
    this.#messageOf = new Uint16Array(datagrams)
    this.#viewOf = new Int32Array(datagrams)
    const headers = pinned(native, most * headerBytes)
    this.headers = headers.buffer
    this.#bodies = pinned(native, most * this.#room)
    this.#viewsOfRoom = Math.floor(this.#room / this.#bodyBytes)
    this.#views = Array.from({ length: most * this.#viewsOfRoom }, (_, view) => {
      const at = Math.floor(view / this.#viewsOfRoom) * this.#room + (view % this.#viewsOfRoom) * this.#bodyBytes
      return this.#bodies.buffer.subarray(at, at + this.#bodyBytes)
    })
    this.#messages = new Memory(native, most * HEADER_WORDS)
    this.#names = new Memory(native, most * NAME_WORDS)
    this.#controls = new Memory(native, (most * this.#controlBytes) / 4)
    const parts = headerBytes > 0 ? 2 : 1
    const iovs = new Memory(native, most * parts * IOV_WORDS)
    for (let m = 0; m < most; m++) {
      const iov = m * parts * IOV_WORDS
      if (headerBytes > 0) {
        iovs.point(iov + IOV.base, headers.address + m * headerBytes)
        iovs.words[iov + IOV.length] = headerBytes
      }
      const body = iov + (parts - 1) * IOV_WORDS
      iovs.point(body + IOV.base, this.#bodies.address + m * this.#room)
      iovs.words[body + IOV.length] = this.#room
      const message = m * HEADER_WORDS
      this.#messages.point(message + HEADER.iov, iovs.at(iov))
      this.#messages.words[message + HEADER.iovCount] = parts
      this.#messages.point(message + HEADER.name, this.#names.at(m * NAME_WORDS))
      this.#messages.point(message + HEADER.control, this.#controls.at((m * this.#controlBytes) / 4))
      this.#reset(message)
    }
    this.kept = iovs
  }

  /** Overwrites the batch before. @returns how many datagrams came */
  receive(fd: number): number {
    const messages = this.#native.recvmmsg(fd, this.#messages.address, this.#most, MSG_DONTWAIT | MSG_TRUNC, 0)
    this.count = 0
    this.isFull = messages === this.#most
    if (messages <= 0) return 0
    const nowMs = this.#readClocks()
    const seconds = this.#realtime[0]!
    const nanoseconds = this.#realtime[2]!
    const { words } = this.#messages
    const { words: controls } = this.#controls
    for (let m = 0; m < messages; m++) {
      const message = m * HEADER_WORDS
      const time = (m * this.#controlBytes) / 4 + CONTROL.data
      // The kernel's times are wall-clock times. As differences from now, they suffer for one batch at most if the
      // clock is set.
      const ageMs = (seconds - controls[time]!) * 1e3 + (nanoseconds - controls[time + 2]!) / 1e6
      this.#lastMs = Math.min(nowMs, Math.max(this.#lastMs, nowMs - ageMs))
      const length = words[message + HEADER.length]!
      this.#take(m, length, this.#stepOf(m, length))
      this.#reset(message)
    }
    return this.count
  }

  /** Reads both clocks at one instant: after a pause between the two readings every datagram would seem older than it is. */
  #readClocks(): number {
    for (;;) {
      const nowMs = this.#clock.now()
      this.#native.clockGettime(CLOCK_REALTIME, this.#realtime)
      if (this.#clock.now() - nowMs <= CLOCKS_APART_MS) return nowMs
    }
  }

  isFrom(i: number, endpoint: NativeEndpoint): boolean {
    const { words } = this.#names
    const other = endpoint.memory.words
    const at = this.#messageOf[i]! * NAME_WORDS
    if (words[at] !== other[0]) return false // family and port
    if (this.#family === AF_INET) return words[at + 1] === other[1]
    return (
      words[at + 2] === other[2] &&
      words[at + 3] === other[3] &&
      words[at + 4] === other[4] &&
      words[at + 5] === other[5]
    )
  }

  source(i: number): NativeEndpoint {
    const at = this.#messageOf[i]! * NAME_WORDS
    return NativeEndpoint.from(this.#native, this.#names.words.subarray(at, at + NAME_WORDS))
  }

  body(i: number): Buffer {
    const view = this.#viewOf[i]!
    if (view >= 0) return this.#views[view]!
    const from = this.#offsets[i]!
    return this.#bodies.buffer.subarray(from, from + this.lengths[i]!)
  }

  /** Address of the i-th body. */
  bodyAddress(i: number): number {
    return this.#bodies.address + this.#offsets[i]!
  }

  /** @returns the length of the message's datagrams, of which only the last may be shorter */
  #stepOf(m: number, length: number): number {
    if (this.#controlBytes === CONTROL_BYTES) return length
    if (this.#messages.words[m * HEADER_WORDS + HEADER.controlLength]! <= CONTROL_BYTES) return length
    const { words } = this.#controls
    const at = (m * TRAIN_CONTROL_BYTES + CONTROL_BYTES) / 4
    const isStep = words[at + CONTROL.level] === SOL_UDP && words[at + CONTROL.type] === UDP_GRO
    return (isStep && words[at + CONTROL.data]) || length
  }

  #take(m: number, length: number, step: number): void {
    // Datagrams of another length than the full one do not lie where the views are.
    const hasViews = step === length || step === this.#bodyBytes
    let at = 0
    for (let n = 0; n === 0 || at < length; n++) {
      const i = this.count++
      this.lengths[i] = Math.min(step, length - at)
      this.arrivedMs[i] = this.#lastMs
      this.#messageOf[i] = m
      this.#offsets[i] = m * this.#room + at
      this.#viewOf[i] = hasViews ? m * this.#viewsOfRoom + n : -1
      at += step
    }
  }

  /** Restores the lengths, which the kernel has overwritten. */
  #reset(message: number): void {
    this.#messages.words[message + HEADER.nameLength] = NAME_BYTES[this.#family]
    this.#messages.words[message + HEADER.controlLength] = this.#controlBytes
  }
}
