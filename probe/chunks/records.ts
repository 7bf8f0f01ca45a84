/** Chunks as messages carry them: enough to hash the data again from the key, without the times of arrival. */

import { CHUNK_DATAGRAMS } from '../../proto/datagram.js'
import type { ChunkRecord } from '../../proto/messages.js'
import type { Chunk } from './chunk.js'
import { hasArrived } from './collect.js'

const LOW_PLACES = 2 ** 32

const placesOf = (bitmap: number): number[] =>
  Array.from({ length: CHUNK_DATAGRAMS }, (_, place) => place).filter(place => hasArrived(bitmap, place))

export const recordOf = ({ index, bitmap, hash, maskedTimes }: Chunk): ChunkRecord => ({
  index,
  arrivedLow: bitmap % LOW_PLACES,
  arrivedHigh: Math.floor(bitmap / LOW_PLACES),
  hash,
  maskedTimes: placesOf(bitmap).map(place => maskedTimes[place]!),
})

/** The arrivals of the chunk are all 0. @returns undefined if the record is malformed */
export function chunkOf({ index, arrivedLow, arrivedHigh, hash, maskedTimes }: ChunkRecord): Chunk | undefined {
  const bitmap = arrivedHigh * LOW_PLACES + arrivedLow
  const places = placesOf(bitmap)
  if (bitmap >= 2 ** CHUNK_DATAGRAMS || places.length === 0 || places.length !== maskedTimes.length) return undefined
  const times = new Uint32Array(CHUNK_DATAGRAMS)
  for (const [i, place] of places.entries()) times[place] = maskedTimes[i]!
  return { index, bitmap, count: places.length, hash, maskedTimes: times, arrivals: new Float64Array(CHUNK_DATAGRAMS) }
}
