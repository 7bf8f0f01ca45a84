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

/** A provider, and the groups of receivers that measure it, pass by pass. */
export interface Waiting {
  readonly provider: Pick<ActiveProvider, 'stake'>
  readonly passes: number
  /** Receivers in the group of a pass; 0 for a pass without a session. */
  sizeOf(pass: number): number
}

/** Which providers have their sessions, turn by turn: those of a link at once. */
export interface Turns {
  /** places of the links */
  readonly links: Uint32Array
  readonly passes: Uint32Array
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
export function inFairOrder(links: readonly (readonly Waiting[])[], beacon: Hex): Turns {
  const passesOf = links.map(link => link.reduce((most, { passes }) => Math.max(most, passes), 0))
  const most = passesOf.reduce((sum, passes) => sum + passes, 0)
  const [ofLink, ofPass, ofAverage] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)]
  const averages = new Averages()
  const stakes = links.map(link => link.map(({ provider }) => averages.stakeOf(provider.stake)))
  const counts = links.map(link => link.map(() => 0))
  const places = Array.from(links, (_, place) => place)
  const passes = passesOf.reduce((more, one) => Math.max(more, one), 0)
  let count = 0
  for (let pass = 0; pass < passes; pass++) {
    const seed = keccakWords(['bytes32', 'bytes32', 'uint32'], [beacon, ORDER, pass])
    for (const place of new Draw(seed).sample(places, places.length)) {
      const [link, sessions] = [links[place]!, counts[place]!]
      let first: number | undefined
      for (let i = 0; i < link.length; i++) {
        const size = link[i]!.sizeOf(pass)
        if (size === 0) continue
        sessions[i]! += size
        const average = averages.of(sessions[i]!, stakes[place]![i]!)
        if (first === undefined || averages.compare(average, first) < 0) first = average
      }
      if (first === undefined) continue
      ofLink[count] = place
      ofPass[count] = pass
      ofAverage[count] = first
      count++
    }
  }
  const order = averages.inOrder(ofAverage.subarray(0, count))
  return { links: order.map(turn => ofLink[turn]!), passes: order.map(turn => ofPass[turn]!) }
}

/** All averages that occur, by number. Turns are many, and their averages few wherever stakes are equal. */
class Averages {
  readonly #all: Average[] = []
  readonly #stakes = new Map<bigint, StakeAverages>()

  stakeOf(stake: bigint): StakeAverages {
    const known = this.#stakes.get(stake)
    if (known !== undefined) return known
    const made = { stake, numbers: [] }
    this.#stakes.set(stake, made)
    return made
  }

  of(sessions: number, { stake, numbers }: StakeAverages): number {
    numbers[sessions] ??= this.#all.push(averageOf(sessions, stake)) - 1
    return numbers[sessions]
  }

  compare(a: number, b: number): number {
    return byAverage(this.#all[a]!, this.#all[b]!)
  }

  /** The places of these averages, the least first. A stable sort: equal ones stay in the order of the passes and of the draw. */
  inOrder(averages: Uint32Array): Uint32Array {
    const numbers = Uint32Array.from(this.#all, (_, number) => number).sort((a, b) => this.compare(a, b))
    const ranks = new Uint32Array(numbers.length)
    for (let i = 1; i < numbers.length; i++) {
      const isEqual = this.compare(numbers[i - 1]!, numbers[i]!) === 0
      ranks[numbers[i]!] = ranks[numbers[i - 1]!]! + (isEqual ? 0 : 1)
    }
    const next = new Uint32Array(numbers.length + 1)
    for (const average of averages) next[ranks[average]! + 1]!++
    for (let rank = 1; rank < next.length; rank++) next[rank]! += next[rank - 1]!
    const order = new Uint32Array(averages.length)
    for (let place = 0; place < averages.length; place++) order[next[ranks[averages[place]!]!]!++] = place
    return order
  }
}

/** Of one stake. */
interface StakeAverages {
  readonly stake: bigint
  /** by sessions: the averages' numbers */
  readonly numbers: (number | undefined)[]
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
