/** The derived bounds that stand beside the figures of a world. Pure. */
import {
  type Committee,
  deflatedLimit,
  deflatedWindow,
  framedWindow,
  inflatedWindow,
  sendersToSpoil,
  vetoedWindow,
} from '../../sim/bounds.js'
import type { Figures } from '../../sim/figures.js'
import type { SimulatedNetwork } from '../../sim/network.js'
import { ACCIDENT, ACCIDENT_TAKES, LARGEST_ERROR } from '../../sim/noise.js'
import { windowsToPenalty } from '../../sim/penalty-waits.js'
import { STRATEGIES, sendersToDecide } from '../../sim/strategies.js'

export interface DerivedOdds {
  /** between which the mean of rate / delivered − 1 must lie */
  readonly leastBias: number
  readonly mostBias: number
  /** P(a window is a breach without cause), or P(a window of a provider below the threshold is none) */
  readonly wrongBreach: number
  /** windows to a penalty; null if none is due, or if the derivation does not tell */
  readonly derivedWait: number | null
}

const SLASHING_THRESHOLD = 0.75

/** A median within the readings errs by no more than the largest of them, or by the mean of an accident. */
const READING_ERROR = LARGEST_ERROR + (ACCIDENT / 100) * ((ACCIDENT_TAKES.least + ACCIDENT_TAKES.range) / 100)

export function derivedOdds(
  { receivers, senders, verifiers, soakShareBps }: SimulatedNetwork,
  { delivers, strategy, share }: Pick<Figures, 'delivers' | 'strategy' | 'share'>,
): DerivedOdds {
  const of: Committee = { receivers, senders, verifiers, share }
  const plot = strategy in STRATEGIES ? STRATEGIES[strategy as keyof typeof STRATEGIES] : undefined
  const needed =
    plot === undefined
      ? sendersToSpoil(senders)
      : sendersToDecide(plot, delivers, { senders, breachShare: SLASHING_THRESHOLD })
  const isLow = delivers < SLASHING_THRESHOLD
  const mayRaise = strategy === 'inflate' || strategy === 'veto' || strategy === 'split'
  const mayLower = strategy === 'deflate' || strategy === 'split'
  const lowered = deflatedWindow(of) + (soakShareBps > 0 ? deflatedLimit(of) : 0)
  const wait = windowsToPenalty({ breach: 1 - vetoedWindow(of, needed), kept: 0 })
  return {
    mostBias: READING_ERROR + (mayRaise ? inflatedWindow(of, needed) * (1 / delivers - 1) : 0),
    leastBias: -READING_ERROR - (mayLower ? Math.min(1, lowered) : 0),
    wrongBreach: isLow ? vetoedWindow(of, needed) : framedWindow(of),
    derivedWait: isLow && (strategy === 'veto' || strategy === 'none') && Number.isFinite(wait) ? wait : null,
  }
}
