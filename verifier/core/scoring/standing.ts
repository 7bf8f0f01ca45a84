/** A provider's standing: the fields of its leaf that the score is made of, and their step from window to window. */
import type { Leaf } from '../../../proto/leaf.js'
import { decayed, decayQ32 } from './decay.js'
import { scoreBps, tierOf } from './score.js'
import {
  atLargerClaim,
  type MeasuredRate,
  nextThroughput,
  PRIOR,
  type Throughput,
  throughputQ32,
} from './throughput.js'
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
  | 'pathlessQ2'
>

/** What a window found out about a provider. */
export interface EndedWindow {
  /** undefined if the provider was unmeasured */
  readonly measured: MeasuredRate | undefined
  /** no rate was read for want of a path, even if that counts as rate 0 by now (default: false) */
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
  pathlessQ2: 0,
}

/** @throws RangeError for a standing that no run of windows leads to, as in a leaf that somebody made up */
export function throughputIn({
  throughputSumQ32,
  throughputWeightQ32,
}: Pick<Standing, 'throughputSumQ32' | 'throughputWeightQ32'>): Throughput {
  const [sumQ32, weightQ32] = [BigInt(throughputSumQ32), BigInt(throughputWeightQ32)]
  if (weightQ32 < PRIOR.weightQ32 || sumQ32 > weightQ32)
    throw new RangeError(`No provider has a throughput of ${throughputSumQ32}/${throughputWeightQ32}.`)
  return { sumQ32, weightQ32 }
}

/**
 * A provider's standing as it counts at another claim. A lowered claim changes nothing, since the earlier windows fell short
 * of the claim of then.
 * @throws RangeError as `throughputIn`
 */
export function atClaim<T extends Pick<Leaf, 'throughputSumQ32' | 'throughputWeightQ32' | 'claimKbps'>>(
  before: T,
  claimKbps: number,
): T {
  if (claimKbps <= before.claimKbps) return before
  const { sumQ32, weightQ32 } = atLargerClaim(throughputIn(before), before.claimKbps, claimKbps)
  return { ...before, throughputSumQ32: Number(sumQ32), throughputWeightQ32: Number(weightQ32) }
}

/** A window without a path adds four quarters, and one in which the provider served takes one of them off. */
const WINDOW_Q2 = 4
/** A provider has so many windows to repair its path. Then no path counts as much as serving nothing. */
const WINDOWS_TO_REPAIR = 5
const MOST_PATHLESS_Q2 = WINDOWS_TO_REPAIR * WINDOW_Q2

/** Whether a window without a path is still no fault of the provider's. */
export const mayLackPath = (pathlessQ2: number): boolean => pathlessQ2 + WINDOW_Q2 <= MOST_PATHLESS_Q2

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
    pathlessQ2: nextPathlessQ2(previous.pathlessQ2, ended),
  }
}

/**
 * A breach takes nothing off: else a provider without a path need not repair it, if it fails openly now and then. Nor does
 * one good window take all off: else it need serve in one window of six.
 */
function nextPathlessQ2(q2: number, { measured, pathless, breach }: EndedWindow): number {
  if (pathless) return Math.min(MOST_PATHLESS_Q2, q2 + WINDOW_Q2)
  return measured && !breach ? Math.max(0, q2 - 1) : q2
}
