/**
 * Datagrams that wait for one sendmmsg: their addresses in memory and their destinations. Nothing is copied. With offload,
 * full datagrams that lie one after another and have one destination go as one train (see segmentation.ts).
 */
import { constants } from 'node:os'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import { BATCH } from './datagram-port.js'
import { CONTROL, CONTROL_WORDS, HEADER, HEADER_WORDS, IOV, IOV_WORDS, Memory } from './mmsg-memory.js'
import type { Native } from './native.js'
import { SOL_UDP, UDP_SEGMENT } from './segmentation.js'
import type { NativeEndpoint } from './socket-address.js'

const MSG_DONTWAIT = 0x40
/** cmsghdr and two bytes */
const SEGMENT_LENGTH = 18
const SEGMENT_SPACE = 24
/** Most datagrams of one train. The kernel's limits are 64 datagrams and 65,507 bytes. */
const MAX_SEGMENTS = 52

const { EAGAIN, ENOBUFS, EIO, EINVAL } = constants.errno
/** The system takes no more for now. */
const isFull = (errno: number): boolean => errno === EAGAIN || errno === ENOBUFS
/** The way to the destination takes no trains: a device without checksums, a tunnel that encrypts, or a short MTU. */
const takesNoTrain = (errno: number): boolean => errno === EIO || errno === EINVAL

export class SendQueue {
  readonly #native: Native
  readonly #offload: boolean
  readonly #messages: Memory
  readonly #iovs: Memory
  readonly #addresses = new Float64Array(BATCH)
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
      this.#messages.point(message + HEADER.control, this.#control.address)
    }
  }

  /** There is no room for a datagram that does not continue a train. */
  get isFull(): boolean {
    return this.#count === BATCH
  }

  /** Queues a datagram. The queue must not be full. */
  add(address: number, length: number, to: NativeEndpoint): void {
    const last = this.#count - 1
    if (address === this.#end && this.#endpoints[last] === to && this.#datagrams[last]! < MAX_SEGMENTS) {
      this.#iovs.words[last * IOV_WORDS + IOV.length]! += length
      this.#datagrams[last]!++
      this.#setTrain(last, true)
    } else {
      this.#put(this.#count++, address, length, to)
    }
    // All datagrams of a train have one length, except the last.
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
        const errno = this.#native.errno()
        if (isFull(errno)) break
        const datagrams = this.#datagrams[next]!
        if (datagrams > 1 && takesNoTrain(errno)) {
          const alone = this.#sendAlone(fd, next)
          taken += alone
          if (alone < datagrams) break
        } else {
          // This message can never be sent (no route, for example). It counts as sent and as an error, and the next is
          // tried.
          this.errors++
          taken += datagrams
        }
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

  /** Sends the datagrams of a train one by one. @returns how many the system took */
  #sendAlone(fd: number, train: number): number {
    const from = this.#addresses[train]!
    const bytes = this.#iovs.words[train * IOV_WORDS + IOV.length]!
    const to = this.#endpoints[train]!
    let taken = 0
    for (let at = 0; at < bytes; at += DATAGRAM_BYTES) {
      this.#put(train, from + at, Math.min(DATAGRAM_BYTES, bytes - at), to)
      const done = this.#native.sendmmsg(fd, this.#messages.at(train * HEADER_WORDS), 1, MSG_DONTWAIT)
      if (done < 0) {
        if (isFull(this.#native.errno())) break
        this.errors++
      }
      taken++
    }
    return taken
  }

  #put(i: number, address: number, length: number, to: NativeEndpoint): void {
    this.#iovs.point(i * IOV_WORDS + IOV.base, address)
    this.#iovs.words[i * IOV_WORDS + IOV.length] = length
    this.#addresses[i] = address
    if (this.#endpoints[i] !== to) {
      this.#endpoints[i] = to
      this.#messages.point(i * HEADER_WORDS + HEADER.name, to.memory.address)
    }
    this.#datagrams[i] = 1
    this.#setTrain(i, false)
  }

  #setTrain(i: number, isTrain: boolean): void {
    this.#messages.words[i * HEADER_WORDS + HEADER.controlLength] = isTrain ? SEGMENT_SPACE : 0
  }
}
