/**
 * Modelled links, for readings in simulated time. A link takes a packet (its bytes at the IP layer, and the time in ms)
 * and says when the packet leaves; undefined if it is dropped. Rates in kbit/s, so bits per ms. Times must ascend.
 */
export type Link = (bytes: number, ms: number) => number | undefined
export type Random = () => number

/** Mulberry32: the same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean

/** A link with a drop-tail buffer. */
export function dropTail(rateKbps: number | ((ms: number) => number), bufferMs: number): Link {
  const rateAt = typeof rateKbps === 'number' ? () => rateKbps : rateKbps
  let freeMs = 0
  return (bytes, ms) => {
    freeMs = Math.max(freeMs, ms)
    if (freeMs - ms > bufferMs) return undefined
    freeMs += (bytes * 8) / rateAt(ms)
    return freeMs
  }
}

/** A constant delay behind a link: a satellite, or a queue of others that is always full. */
export const delayed =
  (link: Link, delayMs: number): Link =>
  (bytes, ms) => {
    const leavesMs = link(bytes, ms)
    return leavesMs === undefined ? undefined : leavesMs + delayMs
  }

/** Drops what exceeds the rate, and delays nothing. */
export function policer(rateKbps: number, burstBytes: number): Link {
  let tokens = burstBytes
  let lastMs: number | undefined
  return (bytes, ms) => {
    tokens = Math.min(burstBytes, tokens + ((ms - (lastMs ?? ms)) * rateKbps) / 8)
    lastMs = ms
    if (tokens < bytes) return undefined
    tokens -= bytes
    return ms
  }
}

/** A rate that steps to a random level within ±swing of its mean. */
export function cellular(meanKbps: number, swing: number, stepMs: readonly [number, number], random: Random) {
  let untilMs = 0
  let rateKbps = meanKbps
  return (ms: number): number => {
    while (ms >= untilMs) {
      // A session may begin anywhere in a step.
      const length = stepMs[0] + random() * (stepMs[1] - stepMs[0])
      untilMs = untilMs === 0 ? ms + random() * length : untilMs + length
      rateKbps = meanKbps * (1 - swing + 2 * swing * random())
    }
    return rateKbps
  }
}

/** Bursts of loss: good and bad spells, with loss in the bad ones. */
export function gilbertElliott(link: Link, goodMs: number, badMs: number, loss: number, random: Random): Link {
  let isBad = random() < badMs / (goodMs + badMs)
  let untilMs = exponential(random, isBad ? badMs : goodMs)
  return (bytes, ms) => {
    while (ms > untilMs) {
      isBad = !isBad
      untilMs += exponential(random, isBad ? badMs : goodMs)
    }
    const leavesMs = link(bytes, ms)
    return isBad && random() < loss ? undefined : leavesMs
  }
}

/** A radio that stalls for 50–200 ms now and then, with a queue of its own, before a slower link. */
export function stalling(phyKbps: number, gapMs: number, packets: number, link: Link, random: Random): Link {
  let nextMs = exponential(random, gapMs)
  let freeMs = 0
  const queue: number[] = []
  return (bytes, ms) => {
    while (queue.length > 0 && queue[0]! <= ms) queue.shift()
    if (queue.length >= packets) return undefined
    freeMs = Math.max(freeMs, ms)
    while (freeMs >= nextMs) {
      const backMs = nextMs + 50 + random() * 150
      freeMs = Math.max(freeMs, backMs)
      nextMs = backMs + exponential(random, gapMs)
    }
    freeMs += (bytes * 8) / phyKbps
    queue.push(freeMs)
    return link(bytes, freeMs)
  }
}

const CODEL_TARGET_MS = 5
const CODEL_INTERVAL_MS = 100

/** A queue under CoDel (RFC 8289), of at most 1000 packets. */
export function codel(rateKbps: number): Link {
  let freeMs = 0
  let aboveSinceMs = 0
  let dropNextMs = 0
  let isDropping = false
  let count = 0
  const queue: number[] = []
  return (bytes, ms) => {
    while (queue.length > 0 && queue[0]! <= ms) queue.shift()
    if (queue.length >= 1000) return undefined
    freeMs = Math.max(freeMs, ms)
    if (freeMs - ms < CODEL_TARGET_MS) {
      aboveSinceMs = 0
      isDropping = false
    } else if (aboveSinceMs === 0) {
      aboveSinceMs = freeMs + CODEL_INTERVAL_MS
    } else if (freeMs >= (isDropping ? dropNextMs : aboveSinceMs)) {
      if (!isDropping) dropNextMs = freeMs
      count = isDropping ? count + 1 : 1
      isDropping = true
      dropNextMs += CODEL_INTERVAL_MS / Math.sqrt(count)
      return undefined
    }
    freeMs += (bytes * 8) / rateKbps
    queue.push(freeMs)
    return freeMs
  }
}

const SEGMENT_BYTES = 1500

/** A drop-tail link on which Reno flows have filled the buffer beforehand. They yield as their segments are dropped. */
export function sharedWithReno(rateKbps: number, bufferMs: number, flows: number, rttMs = 30): Link {
  const link = dropTail(rateKbps, bufferMs)
  const windows = Array.from({ length: flows }, () => ({
    bytes: (rateKbps * (rttMs + 0.9 * bufferMs)) / 8 / flows,
    cutMs: Number.NEGATIVE_INFINITY,
    credit: 0,
  }))
  let delayMs = 0
  let lastMs = 0
  const step = (ms: number): void => {
    for (const one of windows) {
      const tripMs = rttMs + delayMs
      one.credit += one.bytes / tripMs
      one.bytes += SEGMENT_BYTES / tripMs
      for (; one.credit >= SEGMENT_BYTES; one.credit -= SEGMENT_BYTES) {
        const leavesMs = link(SEGMENT_BYTES, ms)
        if (leavesMs !== undefined) {
          delayMs = leavesMs - ms
        } else if (ms - one.cutMs > tripMs) {
          one.bytes = Math.max(2 * SEGMENT_BYTES, one.bytes / 2)
          one.cutMs = ms
        }
      }
    }
  }
  return (bytes, ms) => {
    for (; lastMs + 1 <= ms; lastMs++) step(lastMs + 1)
    return link(bytes, ms)
  }
}

/** Fair queueing beside greedy flows: each flow gets an equal share. */
export const fairShare = (rateKbps: number, flows: number): Link => dropTail(rateKbps / (flows + 1), 100)
