/**
 * What arrived from one sender, chunk by chunk: a bitmap, and a hash over what arrived (masked send times and payloads) in
 * order. The receiver does not know the sender's key yet. It publishes the root over all chunks before any
 * key is revealed, so neither receiver nor provider can make the data up afterwards.
 */
import { CHUNK_DATAGRAMS, PAYLOAD_BYTES } from '../../proto/datagram.js'
import { CHUNKS_BEHIND } from '../constants.js'
import { chunkHash, HashKeys } from './chunk-hash.js'
import { ChunkTable } from './table.js'

/** A chunk that still takes datagrams. Its memory is used again once it is closed. */
interface OpenChunk {
  readonly payloads: Buffer
  readonly maskedTimes: Uint32Array
  readonly present: Uint8Array
  number: number
  row: number
  count: number
}

export type Arrival = 'new' | 'duplicate' | 'late' | 'malformed'

export class ChunkCollector {
  readonly #maxDatagrams: number
  readonly #keys: HashKeys
  readonly #firstChunk: number
  readonly #open = new Map<number, OpenChunk>()
  readonly #free: OpenChunk[] = []
  readonly #table = new ChunkTable()
  #oldest = 0
  /** of the last datagram, and most often of the next one too */
  #current: OpenChunk | undefined
  arrived = 0
  /** highest sequence number that arrived, or −1 */
  highest = -1

  /**
   * @param maxDatagrams the most that the session's budget allows: higher sequence numbers are forged
   * @param hashSecret random bytes, of this session and sender alone
   * @param firstChunk where this run's keystream begins
   */
  constructor(maxDatagrams: number, hashSecret: Uint8Array, firstChunk = 0) {
    this.#maxDatagrams = maxDatagrams
    this.#keys = new HashKeys(hashSecret)
    this.#firstChunk = firstChunk
  }

  /**
   * Only a `new` datagram counts.
   * @param sequence from the run's start
   */
  accept(sequence: number, maskedTime: number, payload: Uint8Array, nowMs: number): Arrival {
    if (sequence >= this.#maxDatagrams || payload.length !== PAYLOAD_BYTES) return 'malformed'
    const number = Math.floor(sequence / CHUNK_DATAGRAMS)
    const chunk = this.#current?.number === number ? this.#current : (this.#open.get(number) ?? this.#begin(number))
    if (!chunk) return 'late'
    this.#current = chunk
    const place = sequence - number * CHUNK_DATAGRAMS
    if (chunk.present[place]) return 'duplicate'
    chunk.present[place] = 1
    chunk.count++
    chunk.maskedTimes[place] = maskedTime
    chunk.payloads.set(payload, place * PAYLOAD_BYTES)
    this.#table.arrived(chunk.row, place, maskedTime, nowMs)
    this.arrived++
    if (sequence > this.highest) this.highest = sequence
    if (chunk.count === CHUNK_DATAGRAMS) this.#close(chunk)
    return 'new'
  }

  /** Closes all open chunks. From then on no datagram counts. */
  finish(): ChunkTable {
    for (const chunk of this.#open.values()) this.#close(chunk)
    this.#oldest = Number.POSITIVE_INFINITY
    return this.#table
  }

  /** @returns undefined if the chunk is closed already */
  #begin(number: number): OpenChunk | undefined {
    if (number < this.#oldest || this.#table.has(this.#firstChunk + number)) return undefined
    for (const [other, chunk] of this.#open) if (other <= number - CHUNKS_BEHIND) this.#close(chunk)
    this.#oldest = Math.max(this.#oldest, number - CHUNKS_BEHIND + 1)
    const chunk = this.#free.pop() ?? {
      payloads: Buffer.allocUnsafeSlow(CHUNK_DATAGRAMS * PAYLOAD_BYTES),
      maskedTimes: new Uint32Array(CHUNK_DATAGRAMS),
      present: new Uint8Array(CHUNK_DATAGRAMS),
      number: 0,
      row: 0,
      count: 0,
    }
    chunk.number = number
    chunk.row = this.#table.begin(this.#firstChunk + number)
    this.#open.set(number, chunk)
    return chunk
  }

  #close(chunk: OpenChunk): void {
    this.#open.delete(chunk.number)
    if (this.#current === chunk) this.#current = undefined
    const { payloads, maskedTimes, present, count } = chunk
    const times: number[] = []
    let bitmap = 0
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      if (!present[place]) continue
      bitmap += BITS[place]!
      // The payloads move together, so that one call hashes them all.
      if (place > times.length)
        payloads.copyWithin(times.length * PAYLOAD_BYTES, place * PAYLOAD_BYTES, (place + 1) * PAYLOAD_BYTES)
      times.push(maskedTimes[place]!)
    }
    const key = this.#keys.of(this.#firstChunk + chunk.number)
    const hash = chunkHash(key, times, payloads.subarray(0, count * PAYLOAD_BYTES))
    this.#table.close(chunk.row, bitmap, count, hash)
    chunk.count = 0
    present.fill(0)
    this.#free.push(chunk)
  }
}

/** Powers of two by exponent: a look-up is cheaper, and every datagram needs one. */
const BITS = Float64Array.from({ length: CHUNK_DATAGRAMS }, (_, place) => 2 ** place)

/** Whether a chunk's datagram arrived. The operator `&` does not reach the bits above 31. */
export const hasArrived = (bitmap: number, place: number): boolean => Math.floor(bitmap / BITS[place]!) % 2 === 1
