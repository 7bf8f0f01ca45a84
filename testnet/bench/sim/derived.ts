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
import { ACCIDENT, ACCIDENT_TAKES, LARGEST_ERROR, LOST } from '../../sim/noise.js'
import { windowsToPenalty } from '../../sim/penalty-waits.js'
import { STRATEGIES, sendersToDecide } from '../../sim/strategies.js'

export interface DerivedOdds {
  /** P(a certified rate is the colluders' choice), above what is delivered or below */
  readonly raised: number
  readonly lowered: number
  /** between which the mean of rate / delivered − 1 must then lie */
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

type Of = Pick<Figures, 'delivers' | 'offline' | 'strategy' | 'share'>

export function derivedOdds(network: SimulatedNetwork, { delivers, offline, strategy, share }: Of): DerivedOdds {
  const { receivers, senders, verifiers, soakShareBps } = network
  const of: Committee = { receivers, senders, verifiers, share }
  const plot = strategy in STRATEGIES ? STRATEGIES[strategy as keyof typeof STRATEGIES] : undefined
  const needed =
    plot === undefined
      ? sendersToSpoil(senders)
      : sendersToDecide(plot, delivers, { senders, breachShare: SLASHING_THRESHOLD })
  const isLow = delivers < SLASHING_THRESHOLD
  const raised = RAISE.includes(strategy) ? inflatedWindow(of, needed) : 0
  const limit = soakShareBps > 0 ? deflatedLimit(of, { lost: LOST, up: 1 - offline }) : 0
  const lowered = LOWER.includes(strategy) ? Math.min(1, deflatedWindow(of, LOST) + limit) : 0
  const vetoed = vetoedWindow(of, needed, LOST)
  return {
    ...{ raised, lowered },
    mostBias: READING_ERROR + raised * (1 / delivers - 1),
    leastBias: -READING_ERROR - lowered,
    wrongBreach: isLow ? vetoed : framedWindow(of, LOST),
    derivedWait:
      isLow && WAITS.includes(strategy) && vetoed < 1 ? windowsToPenalty({ breach: 1 - vetoed, kept: 0 }) : null,
  }
}

const RAISE = ['inflate', 'veto', 'split']
const LOWER = ['deflate', 'split']
/** Without strategies that leave the provider a window above the threshold, or that spoil votes one by one. */
const WAITS = ['veto', 'none']
