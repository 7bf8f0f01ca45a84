/** The end of a window: what a leaf says of windows, before and after. */
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { NO_BREACH, nextBreachState } from './breach.js'
import { isCommonFailure } from './common-failure.js'
import { atClaim, NEWCOMER, nextStanding, type Standing } from './standing.js'
import type { WindowTally } from './tally.js'
import type { WindowTicks } from './uptime.js'

/** Between the ends of two windows all of it stays as it is, but for the penalty, which one leaf alone carries. */
export type WindowState = Standing &
  Pick<Leaf, 'status' | 'rateKbps' | 'claimKbps' | 'breachBits' | 'breachPenaltyBps' | 'penaltyBps' | 'link'>

export interface WindowEnd {
  readonly claimKbps: number
  readonly tally: Pick<WindowTally, 'status' | 'rateKbps' | 'breach' | 'pathless' | 'link'>
  readonly ticks: WindowTicks
}

/** One provider, whose window ends or goes on. */
export interface WindowStep {
  readonly stake: bigint
  /** from the last report; undefined for a new provider */
  readonly previous: WindowState | undefined
  /** undefined if no window of it ends */
  readonly end: WindowEnd | undefined
}

const FIRST_STATE: WindowState = {
  ...NEWCOMER,
  ...{ status: STATUS.unmeasured, rateKbps: 0, claimKbps: 0, ...NO_BREACH, penaltyBps: 0, link: ZERO_HASH as Hex },
}

export const firstState = (claimKbps: number): WindowState => ({ ...FIRST_STATE, claimKbps })

/** @returns a state for each provider whose window ends; undefined for the others */
export function endWindows(
  steps: readonly WindowStep[],
  params: NetworkParams,
): { readonly states: readonly (WindowState | undefined)[]; readonly commonFailure: boolean } {
  const ended = steps.flatMap(({ stake, previous, end }) => (end ? { stake, previous, tally: end.tally } : []))
  const commonFailure = isCommonFailure(ended, params)
  return {
    states: steps.map(({ previous, end }) => end && stateAfter(previous, end, commonFailure, params)),
    commonFailure,
  }
}

function stateAfter(
  previous: WindowState | undefined,
  { claimKbps, tally, ticks }: WindowEnd,
  commonFailure: boolean,
  params: NetworkParams,
): WindowState {
  const { status, rateKbps, pathless } = tally
  const before = previous ?? firstState(claimKbps)
  const measured = status === STATUS.unmeasured ? undefined : { rateKbps, claimKbps }
  const standing = nextStanding(atClaim(before, claimKbps), { measured, pathless, breach: tally.breach, ticks }, params)
  const breaches = nextBreachState(before, { measured, breach: tally.breach && !commonFailure }, params)
  return Object.assign(standing, {
    status,
    rateKbps,
    claimKbps,
    link: tally.link ?? before.link,
    breachBits: breaches.breachBits,
    breachPenaltyBps: breaches.breachPenaltyBps,
    // One report may end two windows, if the last epoch of the first had none. Only one of them can bring a penalty: it
    // clears the breaches.
    penaltyBps: Math.max(before.penaltyBps, breaches.penaltyBps),
  })
}
