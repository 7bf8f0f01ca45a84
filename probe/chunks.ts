/**
 * What arrived from one sender, chunk by chunk, without knowing the sender's key: a bitmap and SHA-256 over the bytes
 * that arrived (masked send time and payload) in order. The root over all chunks is published before any key is
 * revealed, so neither the receiver nor the provider can make the data up afterwards.
 */
import { createHash } from 'node:crypto'
import { encodeWords } from '../proto/abi.js'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, TAG_BYTES } from '../proto/datagram.js'
import { type Hex, toHex } from '../proto/hex.js'
import { MerkleTree } from '../proto/merkle.js'
import { CHUNKS_BEHIND } from './constants.js'
import { TIME_OFFSET } from './keystream.js'

const HASHED_BYTES = DATAGRAM_BYTES - TIME_OFFSET

export interface Chunk {
  readonly index: number
  /** bit i: the chunk's i-th datagram arrived; 52 bits, so exact in a number */
  readonly bitmap: number
  readonly count: number
  readonly hash: Uint8Array
  /** of each of the 52 datagrams the send time as it came, and when it came (ms); 0 where it did not */
  readonly maskedTimes: Uint32Array
  readonly arrivals: Float64Array
}

interface OpenChunk {
  readonly bytes: Buffer
  readonly maskedTimes: Uint32Array
  readonly arrivals: Float64Array
  readonly present: Uint8Array
  count: number
}

export type Arrival = 'new' | 'duplicate' | 'late' | 'malformed'

export class ChunkCollector {
  readonly #slot: number
  readonly #maxDatagrams: number
  readonly #open = new Map<number, OpenChunk>()
  readonly #closed = new Map<number, Chunk>()
  #oldest = 0
  arrived = 0
  /** highest sequence number that arrived, or −1 */
  highest = -1

  /** @param maxDatagrams most that the session's budget allows: sequence numbers beyond it are forged */
  constructor(slot: number, maxDatagrams: number) {
    this.#slot = slot
    this.#maxDatagrams = maxDatagrams
  }

  /** Only `new` ones count. */
  accept(datagram: Buffer, nowMs: number): Arrival {
    if (datagram.length !== DATAGRAM_BYTES || datagram[TAG_BYTES] !== this.#slot) return 'malformed'
    const sequence = datagram.readUIntBE(TAG_BYTES + 1, 3)
    if (sequence >= this.#maxDatagrams) return 'malformed'
    const index = Math.floor(sequence / CHUNK_DATAGRAMS)
    if (index < this.#oldest || this.#closed.has(index)) return 'late'
    const chunk = this.#open.get(index) ?? this.#begin(index)
    const place = sequence % CHUNK_DATAGRAMS
    if (chunk.present[place]) return 'duplicate'
    chunk.present[place] = 1
    chunk.count++
    chunk.maskedTimes[place] = datagram.readUInt32BE(TIME_OFFSET)
    chunk.arrivals[place] = nowMs
    datagram.copy(chunk.bytes, place * HASHED_BYTES, TIME_OFFSET)
    this.arrived++
    this.highest = Math.max(this.highest, sequence)
    if (chunk.count === CHUNK_DATAGRAMS) this.#close(index, chunk)
    return 'new'
  }

  /** Closes what is open. All chunks with an arrival, ascending. */
  finish(): Chunk[] {
    for (const [index, chunk] of this.#open) this.#close(index, chunk)
    this.#oldest = Number.POSITIVE_INFINITY
    return [...this.#closed.values()].sort((a, b) => a.index - b.index)
  }

  #begin(index: number): OpenChunk {
    for (const [other, chunk] of this.#open) if (other <= index - CHUNKS_BEHIND) this.#close(other, chunk)
    this.#oldest = Math.max(this.#oldest, index - CHUNKS_BEHIND + 1)
    const chunk = {
      bytes: Buffer.allocUnsafe(CHUNK_DATAGRAMS * HASHED_BYTES),
      maskedTimes: new Uint32Array(CHUNK_DATAGRAMS),
      arrivals: new Float64Array(CHUNK_DATAGRAMS),
      present: new Uint8Array(CHUNK_DATAGRAMS),
      count: 0,
    }
    this.#open.set(index, chunk)
    return chunk
  }

  #close(index: number, chunk: OpenChunk): void {
    this.#open.delete(index)
    const hash = createHash('sha256')
    let bitmap = 0
    if (chunk.count === CHUNK_DATAGRAMS) hash.update(chunk.bytes)
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      if (!chunk.present[place]) continue
      bitmap += 2 ** place
      if (chunk.count < CHUNK_DATAGRAMS)
        hash.update(chunk.bytes.subarray(place * HASHED_BYTES, (place + 1) * HASHED_BYTES))
    }
    const { count, maskedTimes, arrivals } = chunk
    this.#closed.set(index, { index, bitmap, count, hash: hash.digest(), maskedTimes, arrivals })
  }
}

/** Whether a chunk's datagram arrived. Bits above 31 are out of reach of `&`. */
export const hasArrived = (bitmap: number, place: number): boolean => Math.floor(bitmap / 2 ** place) % 2 === 1

/** Root over the chunks of all senders, in slot order. */
export function chunkRoot(chunksBySlot: readonly (readonly Chunk[])[]): Hex {
  const leaves = chunksBySlot.flatMap((chunks, slot) =>
    chunks.map(({ index, bitmap, hash }) =>
      encodeWords(['uint32', 'uint32', 'uint64', 'bytes32'], [slot, index, bitmap, toHex(hash)]),
    ),
  )
  return new MerkleTree(leaves).root
}
