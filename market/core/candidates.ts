/**
 * Which providers carry a client's legs. Each leg needs an account and an address prefix of its own, and none of the exit's:
 * one operator, or one cut line, then takes one leg. Among all that suit, a draw decides: the chance of each grows with its
 * score over its price. A price counts as a quarter of the median at least, so that no provider gets all traffic, and a cheap
 * bad one gets little. Half of all scores S are of offers at the median or below. So a provider with a score s is drawn with a
 * chance of at most 4s / (3s + S/2), whatever it asks.
 */
import { prefixKey } from '../../probe/wire/host-key.js'
import type { Hex } from '../../proto/hex.js'

export interface Candidate {
  readonly account: Hex
  /** address literals that it announces */
  readonly hosts: readonly string[]
  /** wei for 2^30 bytes, in the class that the client pays for */
  readonly price: bigint
  /** 0 to 10,000; undefined if no report has it yet */
  readonly scoreBps: number | undefined
  readonly tier: number | undefined
  readonly region: Hex
  /** that lanes can reserve together, and wei for each Mbit/s and slot; undefined if there are none */
  readonly lanes: { readonly kbps: number; readonly price: bigint } | undefined
  /** how often its stake was slashed */
  readonly penalties: number
}

export interface Wishes {
  readonly maxPrice: bigint
  /** a lane of this rate, at no more for each Mbit/s and slot; undefined for a leg without a lane */
  readonly lane: { readonly kbps: number; readonly maxPrice: bigint } | undefined
  readonly minScoreBps: number
  readonly minTier: number
  /** as on the chain; undefined for any */
  readonly regions: readonly Hex[] | undefined
}

/** Why a provider does not suit, with a clause for a person. */
export const UNSUITABLE = {
  dear: 'dearer than --max-price',
  unscored: 'without a score so far',
  score: 'score below --min-score',
  tier: 'tier below --min-tier, or below 2 with --class premium',
  region: 'not in --regions',
  lane: 'without a lane of that rate, or only dearer ones',
} as const
export type Unsuitable = keyof typeof UNSUITABLE

/** Undefined for a provider that suits. */
export function unsuitable(candidate: Candidate, wishes: Wishes): Unsuitable | undefined {
  const { price, scoreBps, tier = 0, region, lanes } = candidate
  if (price > wishes.maxPrice) return 'dear'
  if (scoreBps === undefined && (wishes.minScoreBps > 0 || wishes.minTier > 0)) return 'unscored'
  if ((scoreBps ?? 0) < wishes.minScoreBps) return 'score'
  if (tier < wishes.minTier) return 'tier'
  if (wishes.regions !== undefined && !wishes.regions.includes(region)) return 'region'
  if (wishes.lane === undefined) return undefined
  return lanes !== undefined && lanes.kbps >= wishes.lane.kbps && lanes.price <= wishes.lane.maxPrice
    ? undefined
    : 'lane'
}

/**
 * Why the provider of a leg is left, though it carries; undefined if it is not. Its offer of lanes is for new ones.
 * @param then as it was when the leg was opened. @param now undefined if it offers nothing any more
 */
export function whyLeave(
  then: Candidate,
  now: Candidate | undefined,
  wishes: Wishes,
): Unsuitable | 'withdrawn' | 'slashed' | undefined {
  if (now === undefined) return 'withdrawn'
  if (now.penalties > then.penalties) return 'slashed'
  return unsuitable(now, { ...wishes, lane: undefined })
}

/** Whom a new leg may not use, besides those that do not suit. */
export interface Taken {
  readonly accounts: ReadonlySet<Hex>
  /** address literals */
  readonly hosts: readonly string[]
}

/** For a provider without a score: it is tried now and then. */
const UNKNOWN_SCORE_BPS = 1000
/** To ask for less than this part of the median price brings no more. */
const MOST_CHEAPNESS = 4

/** @param random in [0, 1). @returns undefined if nobody is left */
export function drawProvider<C extends Candidate>(
  candidates: readonly C[],
  wishes: Wishes,
  taken: Taken,
  random: number,
): C | undefined {
  const prefixes = new Set(taken.hosts.map(prefixKey))
  const suiting = candidates.filter(
    one =>
      unsuitable(one, wishes) === undefined &&
      !taken.accounts.has(one.account) &&
      !one.hosts.some(host => prefixes.has(prefixKey(host))),
  )
  const scores = suiting.map(({ scoreBps = UNKNOWN_SCORE_BPS }) => Math.max(1, scoreBps))
  const median = medianPrice(suiting, scores)
  const weights = suiting.map(({ price }, i) => {
    return scores[i]! * Math.min(MOST_CHEAPNESS, median / Math.max(1, Number(price)))
  })
  let left = random * weights.reduce((sum, weight) => sum + weight, 0)
  const drawn = suiting.find((_, i) => {
    left -= weights[i]!
    return left < 0
  })
  return drawn ?? suiting.at(-1) // rounding may leave a little
}

/** That half of all scores ask at most. Weighted, so that many accounts without a score do not move it. */
function medianPrice(candidates: readonly Candidate[], scores: readonly number[]): number {
  let left = scores.reduce((sum, score) => sum + score, 0) / 2
  const ascending = candidates.map(({ price }, i) => ({ price: Number(price), score: scores[i]! }))
  ascending.sort((a, b) => a.price - b.price)
  const median = ascending.find(({ score }) => {
    left -= score
    return left <= 0
  })
  return Math.max(1, median?.price ?? 1)
}
