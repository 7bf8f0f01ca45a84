/**
 * The order in which the sessions of an epoch are placed. If the rounds do not suffice for all, each provider's part of them
 * follows its stake, up to the sessions that it is due: the next session is that of the provider with the least sessions so
 * far for its stake (the method of highest averages). So many providers of little stake leave a provider of more stake its
 * part, and one of much stake leaves all others theirs.
 */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { ActiveProvider } from '../facts.js'
import { Draw } from './draw.js'

const ORDER = keccakText('bandwitness/v1/draw/order')

/** A provider, and the groups of receivers that measure it, pass by pass; an empty group has no session. */
export interface Waiting {
  readonly provider: Pick<ActiveProvider, 'account' | 'index' | 'claimKbps' | 'stake'>
  readonly groups: readonly (readonly number[])[]
}

/** One pass of the providers of a link, which have their sessions at once. */
export interface Turn<T extends Waiting> {
  readonly link: readonly T[]
  readonly pass: number
}

/** Sessions so far, these included, for a stake. */
interface Average {
  readonly sessions: number
  readonly stake: bigint
  /** sessions / stake, with an error below CLOSE; infinite without a stake */
  readonly ratio: number
}

/** Of two ratios that differ by more than this share, the order is certain without exact arithmetic. */
const CLOSE = 1e-12

/**
 * Of equal averages the earlier pass comes first, and within a pass the beacon draws the order anew: so of providers with
 * equal stakes none always comes last. Providers of one link stay together, and come when the first of them is due.
 */
export function inFairOrder<T extends Waiting>(links: readonly (readonly T[])[], beacon: Hex): Turn<T>[] {
  const turns: (Turn<T> & { readonly average: Average })[] = []
  const places = Array.from(links, (_, place) => place)
  const counts = links.map(link => link.map(() => 0))
  const passes = links.reduce((most, link) => link.reduce((more, { groups }) => Math.max(more, groups.length), most), 0)
  for (let pass = 0; pass < passes; pass++) {
    const seed = keccakWords(['bytes32', 'bytes32', 'uint32'], [beacon, ORDER, pass])
    for (const place of new Draw(seed).sample(places, places.length)) {
      const [link, sessions] = [links[place]!, counts[place]!]
      let first: Average | undefined
      for (const [i, { groups, provider }] of link.entries()) {
        const size = groups[pass]?.length ?? 0
        if (size === 0) continue
        sessions[i]! += size
        const average = averageOf(sessions[i]!, provider.stake)
        if (first === undefined || byAverage(average, first) < 0) first = average
      }
      if (first) turns.push({ link, pass, average: first })
    }
  }
  // A stable sort: turns of equal averages stay in the order of the passes and of the draw.
  return turns.sort((a, b) => byAverage(a.average, b.average))
}

const averageOf = (sessions: number, stake: bigint): Average => ({
  ...{ sessions, stake },
  ratio: stake === 0n ? Number.POSITIVE_INFINITY : sessions / Number(stake),
})

/** Whoever has no stake comes after all others. */
function byAverage(a: Average, b: Average): number {
  if (a.stake === b.stake) return a.sessions - b.sessions
  const difference = a.ratio - b.ratio
  if (Math.abs(difference) > CLOSE * Math.min(a.ratio, b.ratio)) return difference < 0 ? -1 : 1
  return compare(BigInt(a.sessions) * b.stake, BigInt(b.sessions) * a.stake)
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
