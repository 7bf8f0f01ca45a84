/** A provider's standing: the fields of its leaf that the score is made of, and their step from window to window. */
import type { Leaf } from '../../../proto/leaf.js'
import { decayed, decayQ32 } from './decay.js'
import { scoreBps, tierOf } from './score.js'
import { type MeasuredRate, nextThroughput, PRIOR, type Throughput, throughputQ32 } from './throughput.js'
import { TICK_Q16, type WindowTicks, wilsonLowerBps } from './uptime.js'

export type Standing = Pick<
  Leaf,
  | 'uptimeBps'
  | 'scoreBps'
  | 'tier'
  | 'throughputQ32'
  | 'throughputSumQ32'
  | 'throughputWeightQ32'
  | 'ticksUpQ16'
  | 'ticksTotalQ16'
  | 'unmeasuredRun'
>

/** What a window found out about a provider. */
export interface EndedWindow {
  /** undefined if the provider was unmeasured */
  readonly measured: MeasuredRate | undefined
  /** no rate was read for want of a path, even if that counts as rate 0 by now: the run of such windows goes on (default: false) */
  readonly pathless?: boolean
  /** Below the slashing threshold, so the provider did not show that it serves again (default: false). */
  readonly breach?: boolean
  readonly ticks: WindowTicks
}

/** Before the first window: nothing is known, and so the score is 0. */
export const NEWCOMER: Standing = {
  uptimeBps: 0,
  scoreBps: 0,
  tier: 0,
  throughputQ32: 0,
  throughputSumQ32: Number(PRIOR.sumQ32),
  throughputWeightQ32: Number(PRIOR.weightQ32),
  ticksUpQ16: 0,
  ticksTotalQ16: 0,
  unmeasuredRun: 0,
}

/** @throws RangeError for a standing that no run of windows leads to, as in a leaf that somebody made up */
export function throughputIn({ throughputSumQ32, throughputWeightQ32 }: Standing): Throughput {
  const [sumQ32, weightQ32] = [BigInt(throughputSumQ32), BigInt(throughputWeightQ32)]
  if (weightQ32 < PRIOR.weightQ32 || sumQ32 > weightQ32)
    throw new RangeError(`No provider has a throughput of ${throughputSumQ32}/${throughputWeightQ32}.`)
  return { sumQ32, weightQ32 }
}

const LARGEST_RUN = 0xffffffff

/**
 * @param ended undefined in an epoch in which no window ends: the standing stays as it is. A window without a report is no
 * window either: what the network failed to certify costs no provider its score.
 */
export function nextStanding(
  previous: Standing,
  ended: EndedWindow | undefined,
  { halfLifeWindows }: { readonly halfLifeWindows: number },
): Standing {
  if (!ended) return previous
  const { measured, ticks } = ended
  const factorQ32 = decayQ32(halfLifeWindows)
  const throughput = nextThroughput(throughputIn(previous), factorQ32, measured)
  const upQ16 = decayed(BigInt(previous.ticksUpQ16), factorQ32) + BigInt(ticks.up) * TICK_Q16
  const totalQ16 = decayed(BigInt(previous.ticksTotalQ16), factorQ32) + BigInt(ticks.total) * TICK_Q16
  const uptimeBps = wilsonLowerBps(upQ16, totalQ16)
  return {
    uptimeBps,
    scoreBps: scoreBps(throughputQ32(throughput), uptimeBps),
    tier: tierOf(uptimeBps),
    throughputQ32: Number(throughputQ32(throughput)),
    throughputSumQ32: Number(throughput.sumQ32),
    throughputWeightQ32: Number(throughput.weightQ32),
    ticksUpQ16: Number(upQ16),
    ticksTotalQ16: Number(totalQ16),
    unmeasuredRun: nextRun(previous.unmeasuredRun, ended),
  }
}

/** A breach does not end the run: else a provider without a path need not repair it, if it fails openly now and then. */
function nextRun(run: number, { measured, pathless, breach }: EndedWindow): number {
  if (!measured || pathless) return Math.min(LARGEST_RUN, run + 1)
  return breach ? run : 0
}
