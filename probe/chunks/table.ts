/**
 * The facts of many chunks, one row each, in a few large arrays. The arrays grow by doubling, and another thread gets
 * them as they are. One object for each chunk would cost more than the chunk's hash.
 */

import { CHUNK_DATAGRAMS } from '../../proto/datagram.js'
import type { Chunk } from './chunk.js'

const HASH_BYTES = 32
const FIRST_ROWS = 16

/** Each array has one entry per row, or the same number of entries for every row. */
export interface ChunkRows {
  readonly indices: Uint32Array
  readonly bitmaps: Float64Array
  readonly counts: Uint8Array
  readonly hashes: Uint8Array
  readonly maskedTimes: Uint32Array
  readonly arrivals: Float64Array
}

export class ChunkTable {
  readonly #rowOf = new Map<number, number>()
  #rows: ChunkRows = emptyRows(FIRST_ROWS)

  has(index: number): boolean {
    return this.#rowOf.has(index)
  }

  /** @returns the new chunk's row */
  begin(index: number): number {
    const row = this.#rowOf.size
    if (row === this.#rows.indices.length) this.#grow()
    this.#rowOf.set(index, row)
    this.#rows.indices[row] = index
    return row
  }

  arrived(row: number, place: number, maskedTime: number, nowMs: number): void {
    const at = row * CHUNK_DATAGRAMS + place
    this.#rows.maskedTimes[at] = maskedTime
    this.#rows.arrivals[at] = nowMs
  }

  close(row: number, bitmap: number, count: number, hash: Uint8Array): void {
    this.#rows.bitmaps[row] = bitmap
    this.#rows.counts[row] = count
    this.#rows.hashes.set(hash, row * HASH_BYTES)
  }

  /** Cut to the rows in use. */
  get rows(): ChunkRows {
    return resized(this.#rows, this.#rowOf.size)
  }

  #grow(): void {
    this.#rows = resized(this.#rows, 2 * this.#rows.indices.length)
  }
}

const emptyRows = (rows: number): ChunkRows => ({
  indices: new Uint32Array(rows),
  bitmaps: new Float64Array(rows),
  counts: new Uint8Array(rows),
  hashes: new Uint8Array(rows * HASH_BYTES),
  maskedTimes: new Uint32Array(rows * CHUNK_DATAGRAMS),
  arrivals: new Float64Array(rows * CHUNK_DATAGRAMS),
})

function resized(from: ChunkRows, rows: number): ChunkRows {
  const to = emptyRows(rows)
  for (const name of Object.keys(to) as (keyof ChunkRows)[]) {
    to[name].set(from[name].subarray(0, Math.min(from[name].length, to[name].length)))
  }
  return to
}

/** @returns the chunks, in ascending order */
export function chunksOf(rows: ChunkRows): Chunk[] {
  const { indices, bitmaps, counts, hashes, maskedTimes, arrivals } = rows
  return Array.from(indices, (index, row) => ({
    index,
    bitmap: bitmaps[row]!,
    count: counts[row]!,
    hash: hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES),
    maskedTimes: maskedTimes.subarray(row * CHUNK_DATAGRAMS, (row + 1) * CHUNK_DATAGRAMS),
    arrivals: arrivals.subarray(row * CHUNK_DATAGRAMS, (row + 1) * CHUNK_DATAGRAMS),
  })).sort((a, b) => a.index - b.index)
}
