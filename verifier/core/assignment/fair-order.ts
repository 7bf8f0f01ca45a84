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
  readonly sessions: bigint
  readonly stake: bigint
}

/**
 * Of equal averages the earlier pass comes first, and within a pass the beacon draws the order anew: so of providers with
 * equal stakes none always comes last. Providers of one link stay together, and come when the first of them is due.
 */
export function inFairOrder<T extends Waiting>(links: readonly (readonly T[])[], beacon: Hex): Turn<T>[] {
  const passes = Math.max(0, ...links.flat().map(({ groups }) => groups.length))
  const turns: (Turn<T> & { readonly average: Average })[] = []
  for (let pass = 0; pass < passes; pass++) {
    const seed = keccakWords(['bytes32', 'bytes32', 'uint32'], [beacon, ORDER, pass])
    for (const link of new Draw(seed).sample(links, links.length)) {
      const averages = link.filter(({ groups }) => groups[pass]?.length).map(one => averageOf(one, pass))
      const [first] = averages.sort(byAverage)
      if (first) turns.push({ link, pass, average: first })
    }
  }
  // A stable sort: turns of equal averages stay in the order of the passes and of the draw.
  return turns.sort((a, b) => byAverage(a.average, b.average))
}

const averageOf = ({ provider, groups }: Waiting, pass: number): Average => ({
  sessions: BigInt(groups.slice(0, pass + 1).flat().length),
  stake: provider.stake,
})

/** Whoever has no stake comes after all others. */
function byAverage(a: Average, b: Average): number {
  if (a.stake === 0n || b.stake === 0n)
    return a.stake === b.stake ? compare(a.sessions, b.sessions) : a.stake === 0n ? 1 : -1
  return compare(a.sessions * b.stake, b.sessions * a.stake)
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
