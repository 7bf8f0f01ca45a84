/** Once a sender has revealed its key: every byte that was counted is regenerated and hashed again. */

import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES } from '../../proto/datagram.js'
import { chunkKeystream, TIME_OFFSET } from '../wire/keystream.js'
import type { Verified } from '../wire/verified.js'
import type { Chunk } from './chunk.js'
import { HASHED_BYTES, hasArrived } from './collect.js'

/** About 2 ms of work between two turns of the event loop: other sessions keep their timing. */
const CHUNKS_A_TURN = 16
/** RFC 3550, section 6.4.1: the jitter estimate moves by a sixteenth of each difference. */
const JITTER_GAIN = 1 / 16

/** Transits that are kept of a long flow: more would say no more of its delay. */
const MAX_TRANSITS = 4096

/**
 * @param maxSentUs latest send time that is possible: times are masked, so one that a relay rewrote is beyond it, or
 * out of order, with all but certainty; its chunk does not count
 */
export async function verifyChunks(key: Uint8Array, chunks: readonly Chunk[], maxSentUs: number): Promise<Verified> {
  let datagrams = 0
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
    let length = 0
    let count = 0
    let sentUs = lastUs
    let inOrder = true
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      if (!hasArrived(chunk.bitmap, place)) continue
      const from = place * DATAGRAM_BYTES + TIME_OFFSET
      const masked = chunk.maskedTimes[place]!
      const timeUs = (bytes.readUInt32BE(from) ^ masked) >>> 0
      inOrder &&= timeUs >= sentUs && timeUs <= maxSentUs
      sentUs = timeUs
      times.sentMs[count] = timeUs / 1000
      times.arrivedMs[count++] = chunk.arrivals[place]!
      // What is hashed moves down to follow on what was there before, so that one call hashes it all.
      bytes.copyWithin(length, from, from + HASHED_BYTES)
      bytes.writeUInt32BE(masked, length)
      length += HASHED_BYTES
    }
    const hash = createHash('sha256').update(bytes.subarray(0, length)).digest()
    if (!inOrder || !hash.equals(chunk.hash)) continue
    lastUs = sentUs
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
  return { datagrams, jitterUs: Math.round(jitterUs), transits }
}
