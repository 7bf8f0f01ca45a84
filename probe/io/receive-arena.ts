/** Memory that recvmmsg fills: datagrams with their headers apart, their sources, and the kernel's arrival times. */
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
import { AF_INET, type Family, NAME_BYTES, NativeEndpoint } from './socket-address.js'

const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40
const CLOCK_REALTIME = 0

/** Control data of one datagram: a cmsghdr with a timespec. */
const CONTROL_BYTES = CONTROL_WORDS * 4

export class ReceiveArena implements ReceivedBatch {
  count = 0
  readonly lengths = new Uint32Array(BATCH)
  readonly arrivedMs = new Float64Array(BATCH)
  readonly headers: Buffer
  readonly bodies: Buffer
  /** address of the i-th body */
  readonly bodyAddress: (i: number) => number
  readonly #native: Native
  readonly #clock: MonotonicClock
  readonly #family: Family
  readonly #messages: Memory
  readonly #names: Memory
  readonly #controls: Memory
  /** Only the kernel reads this memory. The reference keeps it alive. */
  protected readonly kept: Memory
  readonly #realtime = new Uint32Array(new ArrayBuffer(16))
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(native: Native, family: Family, headerBytes: number, clock: MonotonicClock) {
    this.#native = native
    this.#family = family
    this.#clock = clock
    const bodyBytes = DATAGRAM_BYTES - headerBytes
    const headers = pinned(native, BATCH * headerBytes)
    const bodies = pinned(native, BATCH * bodyBytes)
    this.headers = headers.buffer
    this.bodies = bodies.buffer
    this.bodyAddress = i => bodies.address + i * bodyBytes
    this.#messages = new Memory(native, BATCH * HEADER_WORDS)
    this.#names = new Memory(native, BATCH * NAME_WORDS)
    this.#controls = new Memory(native, BATCH * CONTROL_WORDS)
    const parts = headerBytes > 0 ? 2 : 1
    const iovs = new Memory(native, BATCH * parts * IOV_WORDS)
    for (let i = 0; i < BATCH; i++) {
      const iov = i * parts * IOV_WORDS
      if (headerBytes > 0) {
        iovs.point(iov + IOV.base, headers.address + i * headerBytes)
        iovs.words[iov + IOV.length] = headerBytes
      }
      const body = iov + (parts - 1) * IOV_WORDS
      iovs.point(body + IOV.base, this.bodyAddress(i))
      iovs.words[body + IOV.length] = bodyBytes
      const message = i * HEADER_WORDS
      this.#messages.point(message + HEADER.iov, iovs.at(iov))
      this.#messages.words[message + HEADER.iovCount] = parts
      this.#messages.point(message + HEADER.name, this.#names.at(i * NAME_WORDS))
      this.#messages.point(message + HEADER.control, this.#controls.at(i * CONTROL_WORDS))
      this.#reset(message)
    }
    this.kept = iovs
  }

  /** Overwrites the batch before. @returns how many datagrams came */
  receive(fd: number): number {
    const count = this.#native.recvmmsg(fd, this.#messages.address, BATCH, MSG_DONTWAIT | MSG_TRUNC, 0)
    this.count = Math.max(0, count)
    if (count <= 0) return 0
    const nowMs = this.#clock.now()
    this.#native.clockGettime(CLOCK_REALTIME, this.#realtime)
    const seconds = this.#realtime[0]!
    const nanoseconds = this.#realtime[2]!
    const { words: messages } = this.#messages
    const { words: controls } = this.#controls
    for (let i = 0; i < count; i++) {
      const message = i * HEADER_WORDS
      const time = i * CONTROL_WORDS + CONTROL.data
      // The kernel's times are wall-clock times. As differences from now, they suffer for one batch at most if the
      // clock is set.
      const ageMs = (seconds - controls[time]!) * 1e3 + (nanoseconds - controls[time + 2]!) / 1e6
      this.#lastMs = Math.min(nowMs, Math.max(this.#lastMs, nowMs - ageMs))
      this.arrivedMs[i] = this.#lastMs
      this.lengths[i] = messages[message + HEADER.length]!
      this.#reset(message)
    }
    return count
  }

  isFrom(i: number, endpoint: NativeEndpoint): boolean {
    const { words } = this.#names
    const other = endpoint.memory.words
    const at = i * NAME_WORDS
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
    return NativeEndpoint.from(this.#native, this.#names.words.subarray(i * NAME_WORDS, (i + 1) * NAME_WORDS))
  }

  /** Restores the lengths, which the kernel has overwritten. */
  #reset(message: number): void {
    this.#messages.words[message + HEADER.nameLength] = NAME_BYTES[this.#family]
    this.#messages.words[message + HEADER.controlLength] = CONTROL_BYTES
  }
}
