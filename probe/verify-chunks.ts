/** Once a sender has revealed its key: every byte that was counted is regenerated and hashed again. */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CHUNK_DATAGRAMS } from '../proto/datagram.js'
import { type Chunk, hasArrived } from './chunks.js'
import type { Transits } from './control.js'
import { chunkKeystream, datagramAt, TIME_OFFSET } from './keystream.js'

/** About 2 ms of work between two turns of the event loop: other sessions keep their timing. */
const CHUNKS_A_TURN = 16
/** RFC 3550, section 6.4.1: the jitter estimate moves by a sixteenth of each difference. */
const JITTER_GAIN = 1 / 16

/** Transits that are kept of a long flow: more would say no more of its delay. */
const MAX_TRANSITS = 4096

export interface Verified {
  /** datagrams in chunks that are what the sender committed to */
  readonly datagrams: number
  readonly jitterUs: number
  /** of these datagrams, evenly picked where they are very many */
  readonly transits: Transits
}

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
  const stride = Math.ceil(chunks.reduce((sum, chunk) => sum + chunk.count, 0) / MAX_TRANSITS)
  for (const [i, chunk] of chunks.entries()) {
    if (i % CHUNKS_A_TURN === CHUNKS_A_TURN - 1) await nextTurn()
    const keystream = chunkKeystream(key, chunk.index)
    const hash = createHash('sha256')
    const times: { readonly sentMs: number; readonly arrivedMs: number }[] = []
    let sentUs = lastUs
    let inOrder = true
    for (let place = 0; place < CHUNK_DATAGRAMS; place++) {
      if (!hasArrived(chunk.bitmap, place)) continue
      const datagram = datagramAt(keystream, place)
      const masked = chunk.maskedTimes[place]!
      const timeUs = (datagram.readUInt32BE(TIME_OFFSET) ^ masked) >>> 0
      inOrder &&= timeUs >= sentUs && timeUs <= maxSentUs
      sentUs = timeUs
      times.push({ sentMs: timeUs / 1000, arrivedMs: chunk.arrivals[place]! })
      datagram.writeUInt32BE(masked, TIME_OFFSET)
      hash.update(datagram.subarray(TIME_OFFSET))
    }
    if (!inOrder || !hash.digest().equals(chunk.hash)) continue
    lastUs = sentUs
    for (const { sentMs, arrivedMs } of times) {
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
