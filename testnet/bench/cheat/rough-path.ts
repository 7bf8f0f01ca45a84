/**
 * An honest provider on a poor path, as a forwarding: a link that other users share in bursts, a long delay, some loss. All
 * draws follow from a seed.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { takesAll } from '../../profiles/cheats/link.js'

export interface RoughPathOptions {
  readonly linkKbps: number
  /** mean share of the link that other users take */
  readonly crossShare: number
  readonly lossShare: number
  readonly delayMs: number
  readonly seed: number
}

/** Other users come and go in bursts of this length, and take twice their mean during a burst. */
const BURST_MS = 10
const QUEUE_MS = 50

export function createForwarding({ linkKbps, crossShare, lossShare, delayMs, seed }: RoughPathOptions): Forwarding {
  const random = randomOf(seed)
  const othersKbps = bursts(2 * crossShare * linkKbps, random)
  const capacityBytes = bytesIn(linkKbps, QUEUE_MS)
  let tokens = capacityBytes
  let lastMs: number | undefined
  /** Data that the other users sent since the last datagram take their place first. */
  const fits = (bytes: number, nowMs: number): boolean => {
    const elapsedMs = nowMs - (lastMs ?? nowMs)
    lastMs = nowMs
    const left = Math.min(capacityBytes, tokens + bytesIn(linkKbps - othersKbps(nowMs), elapsedMs))
    tokens = left >= bytes ? left - bytes : left
    return left >= bytes
  }
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (!fits(packet.length + IP_UDP_HEADER_BYTES, nowMs) || random() < lossShare) return 'drop'
      return { holdMs: delayMs }
    },
  }
}

/** Half of the time `kbps`, half of the time zero, in bursts of a fixed length. */
function bursts(kbps: number, random: () => number): (nowMs: number) => number {
  let untilMs = Number.NEGATIVE_INFINITY
  let current = 0
  return nowMs => {
    if (nowMs >= untilMs) {
      untilMs = nowMs + BURST_MS
      current = random() < 0.5 ? kbps : 0
    }
    return current
  }
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruence of 32 bits (Knuth, TAOCP 2, 3.3.4, line 16). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
