/** Uptime: the ticks that the assigned receivers counted, and the published figure that follows from them. */
import { faultsTolerated } from '../../../proto/quorum.js'
import type { EncodedVote } from './encoded-vote.js'

export interface WindowTicks {
  /** ticks in which f+1 receivers got their nonce back, of whom at least one is honest */
  readonly up: number
  /** ticks in which 2f+1 receivers sent a heartbeat; other ticks do not count */
  readonly total: number
}

/** Ticks are counted 32 at a time: bit i of the p-th plane is bit p of the count of tick i. */
const WORD_TICKS = 32
/** For up to 1023 votes: no set has so many verifiers. */
const PLANES = 10
const sentPlanes = new Uint32Array(PLANES)
const answeredPlanes = new Uint32Array(PLANES)

/** @param votes at most one of each assigned receiver. @param assigned n. @param ticks in an epoch, at most 256 */
export function windowTicks(
  votes: readonly Pick<EncodedVote, 'sentWord' | 'answeredWord'>[],
  assigned: number,
  ticks: number,
): WindowTicks {
  const faults = Math.max(0, faultsTolerated(assigned))
  let up = 0
  let total = 0
  for (let word = 0; word * WORD_TICKS < ticks; word++) {
    const rest = ticks - word * WORD_TICKS
    const within = rest < WORD_TICKS ? 2 ** rest - 1 : -1
    // Most votes have all ticks of the word. These are counted as one number.
    let [allSent, allAnswered] = [0, 0]
    sentPlanes.fill(0)
    answeredPlanes.fill(0)
    for (const vote of votes) {
      const sent = vote.sentWord(word) & within
      const answered = sent & vote.answeredWord(word)
      if (sent === within) allSent++
      else count(sentPlanes, sent)
      if (answered === within) allAnswered++
      else count(answeredPlanes, answered)
    }
    const counting = within & atLeast(sentPlanes, 2 * faults + 1 - allSent)
    total += bitsIn(counting)
    up += bitsIn(counting & atLeast(answeredPlanes, faults + 1 - allAnswered))
  }
  return { up, total }
}

/** Adds one to the count of each tick whose bit is set, with carry. */
function count(planes: Uint32Array, ticks: number): void {
  for (let plane = 0, carry = ticks; carry !== 0; plane++) {
    const both = planes[plane]! & carry
    planes[plane]! ^= carry
    carry = both
  }
}

/** The ticks whose count is at least `least`, as bits. */
function atLeast(planes: Uint32Array, least: number): number {
  if (least <= 0) return -1
  let [above, equal] = [0, -1]
  for (let plane = PLANES - 1; plane >= 0; plane--) {
    const bits = planes[plane]!
    const wanted = -((least >> plane) & 1)
    above |= equal & bits & ~wanted
    equal &= ~(bits ^ wanted)
  }
  return above | equal
}

function bitsIn(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}

/** One tick in the decayed counts of a leaf, which count in units of 2^−16 ticks. */
export const TICK_Q16 = 65_536n

/** z = 1.645 (95 % one-sided) in thousandths. */
const Z = 1_645n
const Z_SQUARED = Z * Z
const MILLION = 1_000_000n

/**
 * Lower end of the Wilson score interval (E. B. Wilson, JASA 22, 1927) of u ticks up in n, in basis points, rounded down:
 *
 *   (2u + z² − z·√(z² + 4u(n−u)/n)) / (2(n + z²))
 *
 * in integers: all scaled by 10⁶ for z and by 2^16 for the counts. No ticks at all give 0.
 */
export function wilsonLowerBps(upQ16: bigint, totalQ16: bigint): number {
  if (totalQ16 === 0n) return 0
  const zSquared = Z_SQUARED * TICK_Q16
  const spread = zSquared * TICK_Q16 + (4n * MILLION * TICK_Q16 * upQ16 * (totalQ16 - upQ16)) / totalQ16
  const numerator = 2n * MILLION * upQ16 + zSquared - integerSqrt(Z_SQUARED * spread)
  return numerator <= 0n ? 0 : Number((10_000n * numerator) / (2n * (MILLION * totalQ16 + zSquared)))
}

/** ⌊√value⌋ by Newton's method from above. */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
