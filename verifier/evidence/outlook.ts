/** What holds a score where it is, and what would change it: pure, from two leaves of one provider. */
import { type Leaf, STATUS } from '../../proto/leaf.js'
import type { NetworkParams } from '../../proto/params.js'
import { bitCount } from '../core/scoring/bit-count.js'
import { BREACH_WINDOWS, type HeldBreaches, nextBreachState, penaltyBps } from '../core/scoring/breach.js'
import { decayQ32, ONE_Q32 } from '../core/scoring/decay.js'
import {
  atClaim,
  type EndedWindow,
  NEWCOMER,
  nextStanding,
  type Standing,
  throughputIn,
} from '../core/scoring/standing.js'
import { evidenceQ32, nextThroughput, type Throughput, throughputQ32 } from '../core/scoring/throughput.js'
import { type WindowTicks, wilsonLowerBps } from '../core/scoring/uptime.js'
import type { AheadJson, HoldJson, OutlookJson } from './schema/outlook.js'

export interface OutlookInput {
  readonly leaf: Leaf
  /** the provider's leaf before; undefined if this is its first */
  readonly previous: Leaf | undefined
  /** of this window */
  readonly ticks: WindowTicks
  /** ticks of a whole window, for a window in which none counted */
  readonly scheduledTicks: number
  readonly soakLimitKbps: number | undefined
  readonly params: Pick<NetworkParams, 'halfLifeWindows' | 'breachBps' | 'maxPenaltyBps'>
}

/** 0.1 %: below this a reason is not worth a line. */
const LEAST_COST_BPS = 10

export function outlookOf(input: OutlookInput): OutlookJson {
  const factor = decayQ32(input.params.halfLifeWindows)
  const holds = [...throughputHolds(input, factor), ...uptimeHolds(input.leaf)]
    .filter(({ costBps }) => costBps >= LEAST_COST_BPS)
    .sort((a, b) => b.costBps - a.costBps)
  return {
    holds,
    evidence: {
      windows: Number(evidenceQ32(throughputIn(input.leaf), factor)) / 2 ** 32,
      most: 2 ** 32 / Number(ONE_Q32 - factor),
    },
    ahead: aheadOf(input),
    breaches: breachesOf(input),
  }
}

/** Each cost is what T gains if one thing had been otherwise, and everything else as it was. */
function throughputHolds(input: OutlookInput, factor: bigint): HoldJson[] {
  const { leaf, previous, soakLimitKbps } = input
  const { rateKbps, claimKbps } = leaf
  const now = throughputIn(leaf)
  const before = throughputIn({ ...NEWCOMER, ...(previous && atClaim(previous, claimKbps)) })
  const measured = measuredOf(leaf)
  const gain = (other: Throughput) => Number(((throughputQ32(other) - throughputQ32(now)) * 10_000n) >> 32n)
  const inFull = (state: Throughput) => ({ ...state, sumQ32: evidenceQ32(state, factor) })
  const evidence = evidenceQ32(now, factor)
  const thisWindow = measured === undefined ? 'unmeasured' : soakLimitKbps === rateKbps ? 'soak' : 'rate'
  return [
    {
      reason: 'evidence',
      costBps: evidence === 0n ? 10_000 : gain({ sumQ32: now.sumQ32, weightQ32: evidence }),
    },
    { reason: thisWindow, costBps: gain(nextThroughput(before, factor, { rateKbps: claimKbps, claimKbps })) },
    { reason: 'earlier', costBps: gain(nextThroughput(inFull(before), factor, measured)) },
  ]
}

function uptimeHolds({ uptimeBps, ticksUpQ16, ticksTotalQ16 }: Leaf): HoldJson[] {
  const total = BigInt(ticksTotalQ16)
  const shareBps = ticksTotalQ16 === 0 ? 10_000 : Math.floor((10_000 * ticksUpQ16) / ticksTotalQ16)
  return [
    { reason: 'missed-ticks', costBps: wilsonLowerBps(total, total) - uptimeBps },
    { reason: 'few-ticks', costBps: shareBps - uptimeBps },
  ]
}

function aheadOf({ leaf, ticks, scheduledTicks, params }: OutlookInput): AheadJson[] {
  const { claimKbps } = leaf
  const total = ticks.total || scheduledTicks
  const allUp = { up: total, total }
  const after = (kind: AheadJson['kind'], windows: number, ended: EndedWindow): AheadJson => {
    const run = new Array<EndedWindow>(windows).fill(ended)
    const { scoreBps, tier } = run.reduce<Standing>((state, window) => nextStanding(state, window, params), leaf)
    return { kind, windows, scoreBps, tier }
  }
  const kept = { measured: { rateKbps: claimKbps, claimKbps }, ticks: allUp }
  const same = { measured: measuredOf(leaf), ticks }
  const failed = { measured: { rateKbps: 0, claimKbps }, ticks: { up: 0, total } }
  const longest = params.halfLifeWindows
  const likeThis = after('same', longest, same)
  return [
    ...[...new Set([1, 2, longest])].map(windows => after('kept', windows, kept)),
    ...(likeThis.scoreBps === after('kept', longest, kept).scoreBps ? [] : [likeThis]),
    after('unmeasured', 1, { measured: undefined, ticks: allUp }),
    after('failed', 1, failed),
  ]
}

function breachesOf({ leaf, params }: OutlookInput): OutlookJson['breaches'] {
  const { breachBits, breachPenaltyBps, rateKbps, claimKbps } = leaf
  const dead = { measured: { rateKbps: 0, claimKbps }, breach: true }
  let untilPenalty = 1
  for (let held: HeldBreaches = leaf; ; untilPenalty++) {
    const next = nextBreachState(held, dead, params)
    if (next.breachBits === 0) break
    held = next
  }
  const thisRateBps = measuredOf(leaf) && penaltyBps(rateKbps, claimKbps, params)
  return {
    held: bitCount(breachBits),
    oldestLeavesAfter: breachBits === 0 ? null : BREACH_WINDOWS - Math.floor(Math.log2(breachBits)),
    untilPenalty,
    penaltyBps: params.maxPenaltyBps,
    penaltyAtThisRateBps: thisRateBps ? Math.max(thisRateBps, breachPenaltyBps) : null,
  }
}

const measuredOf = ({ status, rateKbps, claimKbps }: Leaf) =>
  status === STATUS.unmeasured ? undefined : { rateKbps, claimKbps }
