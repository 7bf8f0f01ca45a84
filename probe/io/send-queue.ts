/** Datagrams that wait for one sendmmsg: their addresses in memory and their destinations. Nothing is copied. */
import { constants } from 'node:os'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import { BATCH } from './datagram-port.js'
import { CONTROL, CONTROL_WORDS, HEADER, HEADER_WORDS, IOV, IOV_WORDS, Memory } from './mmsg-memory.js'
import type { Native } from './native.js'
import type { NativeEndpoint } from './socket-address.js'

const MSG_DONTWAIT = 0x40
const SOL_UDP = 17
const UDP_SEGMENT = 103
/** cmsghdr and two bytes */
const SEGMENT_LENGTH = 18
const SEGMENT_SPACE = 24
/** Most segments of one large datagram. The kernel's limits are 64 segments and 65,507 bytes. */
const MAX_SEGMENTS = 52

const { EAGAIN, ENOBUFS } = constants.errno
/** The system takes no more for now. */
const isFull = (errno: number): boolean => errno === EAGAIN || errno === ENOBUFS

export class SendQueue {
  readonly #native: Native
  readonly #offload: boolean
  readonly #messages: Memory
  readonly #iovs: Memory
  readonly #endpoints: (NativeEndpoint | undefined)[] = new Array(BATCH).fill(undefined)
  /** datagrams in each message; only offload puts more than one in it */
  readonly #datagrams = new Uint8Array(BATCH)
  readonly #control: Memory
  #count = 0
  /** where the last message's bytes end, if the message can take more; else 0 */
  #end = 0
  errors = 0

  constructor(native: Native, nameBytes: number, offload: boolean) {
    this.#native = native
    this.#offload = offload
    this.#messages = new Memory(native, BATCH * HEADER_WORDS)
    this.#iovs = new Memory(native, BATCH * IOV_WORDS)
    this.#control = new Memory(native, CONTROL_WORDS)
    this.#control.words[CONTROL.length] = SEGMENT_LENGTH
    this.#control.words[CONTROL.level] = SOL_UDP
    this.#control.words[CONTROL.type] = UDP_SEGMENT
    this.#control.words[CONTROL.data] = DATAGRAM_BYTES
    for (let i = 0; i < BATCH; i++) {
      const message = i * HEADER_WORDS
      this.#messages.words[message + HEADER.nameLength] = nameBytes
      this.#messages.point(message + HEADER.iov, this.#iovs.at(i * IOV_WORDS))
      this.#messages.words[message + HEADER.iovCount] = 1
      if (!offload) continue
      this.#messages.point(message + HEADER.control, this.#control.address)
      this.#messages.words[message + HEADER.controlLength] = SEGMENT_SPACE
    }
  }

  /** Queues a datagram: at most BATCH until the next send. */
  add(address: number, length: number, to: NativeEndpoint): void {
    const last = this.#count - 1
    if (address === this.#end && this.#endpoints[last] === to && this.#datagrams[last]! < MAX_SEGMENTS) {
      this.#iovs.words[last * IOV_WORDS + IOV.length]! += length
      this.#datagrams[last]!++
    } else {
      const i = this.#count++
      this.#iovs.point(i * IOV_WORDS + IOV.base, address)
      this.#iovs.words[i * IOV_WORDS + IOV.length] = length
      if (this.#endpoints[i] !== to) {
        this.#endpoints[i] = to
        this.#messages.point(i * HEADER_WORDS + HEADER.name, to.memory.address)
      }
      this.#datagrams[i] = 1
    }
    // All segments of a message have one length, except the last.
    this.#end = this.#offload && length === DATAGRAM_BYTES ? address + length : 0
  }

  /** Empties the queue. @returns how many datagrams, counted from the first, the system took */
  send(fd: number): number {
    const count = this.#count
    let next = 0
    let taken = 0
    while (next < count) {
      const done = this.#native.sendmmsg(fd, this.#messages.at(next * HEADER_WORDS), count - next, MSG_DONTWAIT)
      if (done < 0) {
        if (isFull(this.#native.errno())) break
        // This message can never be sent (no route, for example). It counts as sent and as an error, and the next is
        // tried.
        this.errors++
        taken += this.#datagrams[next]!
        next++
        continue
      }
      for (let i = next; i < next + done; i++) taken += this.#datagrams[i]!
      next += done
    }
    this.#count = 0
    this.#end = 0
    return taken
  }

  /** As `send`. A datagram that the system does not take counts as an error. */
  sendOrDrop(fd: number): void {
    let queued = 0
    for (let i = 0; i < this.#count; i++) queued += this.#datagrams[i]!
    if (queued === 0) return
    const taken = this.send(fd)
    this.errors += queued - taken
  }
}
