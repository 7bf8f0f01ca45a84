/**
 * Which providers carry a client's legs. Each leg needs an account and an address prefix of its own, and none of the exit's:
 * one operator, or one cut line, then takes one leg. Among all that suit, a draw decides: the chance of each grows with its
 * score over its price, so that no provider gets all traffic, and a cheap bad one gets little.
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
const PRICE_SCALE = 1_000_000_000n

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
  let dearest = 1n
  for (const { price } of suiting) if (price > dearest) dearest = price
  const weights = suiting.map(({ price, scoreBps = UNKNOWN_SCORE_BPS }) => {
    const cheapness = Number((dearest * PRICE_SCALE) / (price > 0n ? price : 1n)) / Number(PRICE_SCALE)
    return Math.max(1, scoreBps) * cheapness
  })
  let left = random * weights.reduce((sum, weight) => sum + weight, 0)
  const drawn = suiting.find((_, i) => {
    left -= weights[i]!
    return left < 0
  })
  return drawn ?? suiting.at(-1) // rounding may leave a little
}
