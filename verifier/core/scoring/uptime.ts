/** Uptime: the ticks that the assigned receivers counted, and the published figure that follows from them. */
import { faultsTolerated } from '../../../proto/quorum.js'
import type { Vote } from '../../../proto/vote.js'

export interface WindowTicks {
  /** ticks in which f+1 receivers got their nonce back, of whom at least one is honest */
  readonly up: number
  /** ticks in which 2f+1 receivers sent a heartbeat; other ticks do not count */
  readonly total: number
}

/** @param votes at most one of each assigned receiver. @param assigned n. @param ticks in an epoch, at most 256 */
export function windowTicks(
  votes: readonly Pick<Vote, 'ticksSent' | 'ticksAnswered'>[],
  assigned: number,
  ticks: number,
): WindowTicks {
  const faults = Math.max(0, faultsTolerated(assigned))
  let up = 0
  let total = 0
  for (let tick = 0n; tick < BigInt(ticks); tick++) {
    let sent = 0
    let answered = 0
    for (const vote of votes) {
      if (((vote.ticksSent >> tick) & 1n) === 0n) continue
      sent++
      if (((vote.ticksAnswered >> tick) & 1n) === 1n) answered++
    }
    if (sent < 2 * faults + 1) continue
    total++
    if (answered > faults) up++
  }
  return { up, total }
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
