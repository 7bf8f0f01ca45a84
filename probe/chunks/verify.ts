/** Once a sender has revealed its key, the receiver generates every counted byte again and compares the hashes. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES, HEADER_BYTES, PAYLOAD_BYTES } from '../../proto/datagram.js'
import { chunkKeystream, TIME_OFFSET } from '../wire/keystream.js'
import type { Verified } from '../wire/verified.js'
import type { Chunk } from './chunk.js'
import { isHashOf } from './chunk-hash.js'
import { hasArrived } from './collect.js'

/** About 2 ms of work between two turns of the event loop, so that other sessions keep their timing. */
const CHUNKS_A_TURN = 16
/** The jitter estimate moves by a sixteenth of each difference (RFC 3550, section 6.4.1). */
const JITTER_GAIN = 1 / 16

/** Most transits kept of one flow. More would tell nothing new about its delay. */
const MAX_TRANSITS = 4096

/**
 * A chunk counts only if its hash matches, its send times ascend, and none is later than `maxSentUs`. Send times are
 * masked, so a time that somebody else wrote is almost certainly out of order or too late.
 * @param chunks ascending
 * @param maxSentUs latest possible send time, in microseconds since the sender's start
 * @param firstChunk where the run's keystream begins
 */
export async function verifyChunks(
  key: Uint8Array,
  chunks: readonly Chunk[],
  maxSentUs: number,
  firstChunk = 0,
): Promise<Verified> {
  let datagrams = 0
  let highest = -1
  let jitterUs = 0
  let lastUs = 0
  let lastTransitUs: number | undefined
  const transits = { sentMs: [] as number[], arrivedMs: [] as number[] }
  /** of the chunk in hand */
  const times = { sentMs: new Float64Array(CHUNK_DATAGRAMS), arrivedMs: new Float64Array(CHUNK_DATAGRAMS) }
  const stride = Math.ceil(chunks.reduce((sum, chunk) => sum + chunk.count, 0) / MAX_TRANSITS)
  for (const [i, chunk] of chunks.entries()) {
    if (i % CHUNKS_A_TURN === CHUNKS_A_TURN - 1) await nextTurn()
    const bytes = chunkKeystream(key, chunk.index)
    const maskedTimes: number[] = []
    let sentUs = lastUs
    let inOrder = true
    let last = -1
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      if (!hasArrived(chunk.bitmap, place)) continue
      const from = place * DATAGRAM_BYTES
      const masked = chunk.maskedTimes[place]!
      const timeUs = (bytes.readUInt32BE(from + TIME_OFFSET) ^ masked) >>> 0
      last = place
      inOrder &&= timeUs >= sentUs && timeUs <= maxSentUs
      sentUs = timeUs
      times.sentMs[maskedTimes.length] = timeUs / 1000
      times.arrivedMs[maskedTimes.length] = chunk.arrivals[place]!
      bytes.copyWithin(maskedTimes.length * PAYLOAD_BYTES, from + HEADER_BYTES, from + DATAGRAM_BYTES)
      maskedTimes.push(masked)
    }
    const count = maskedTimes.length
    if (!inOrder || !isHashOf(chunk.hash, maskedTimes, bytes.subarray(0, count * PAYLOAD_BYTES))) continue
    lastUs = sentUs
    highest = (chunk.index - firstChunk) * CHUNK_DATAGRAMS + last
    for (let n = 0; n < count; n++) {
      const [sentMs, arrivedMs] = [times.sentMs[n]!, times.arrivedMs[n]!]
      if (datagrams++ % stride === 0) {
        transits.sentMs.push(sentMs)
        transits.arrivedMs.push(arrivedMs)
      }
      const transitUs = (arrivedMs - sentMs) * 1000
      if (lastTransitUs !== undefined) jitterUs += (Math.abs(transitUs - lastTransitUs) - jitterUs) * JITTER_GAIN
      lastTransitUs = transitUs
    }
  }
  return { datagrams, highest, jitterUs: Math.round(jitterUs), transits }
}
