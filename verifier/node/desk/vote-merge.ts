/**
 * Several ballots that come in parts, side by side: a slice holds the votes of all of them on some providers. So no more than
 * a few parts of each ballot are in memory. Pure.
 */
import { VOTE_BYTES } from '../../../proto/vote.js'
import type { CountedBallot } from '../../core/scoring/ballots.js'
import { compareProviders, viewOf } from '../../core/scoring/encoded-vote.js'

/** A ballot whose votes this node holds. */
export interface BallotParts {
  /** registry index */
  readonly verifier: number
  readonly parts: number
}

/** Parts of a ballot that are here, or on their way. The second is read while the votes of the first are counted. */
const PARTS_AHEAD = 2

interface Reading {
  readonly verifier: number
  readonly parts: number
  /** parts that were asked for */
  asked: number
  /** parts that came */
  came: number
  /** votes that are in no slice yet, ascending by provider; none of them is empty */
  readonly here: Uint8Array[]
}

export class VoteMerge {
  readonly #readings: readonly Reading[]

  constructor(ballots: readonly BallotParts[]) {
    this.#readings = ballots.map(({ verifier, parts }) => ({ verifier, parts, asked: 0, came: 0, here: [] }))
  }

  /**
   * The ballots whose next part is needed, by their places; one that needs two parts stands there twice. None once all parts
   * were asked for.
   */
  needs(): number[] {
    const needed: number[] = []
    for (const [place, reading] of this.#readings.entries()) {
      const { parts, came, here } = reading
      const most = Math.min(parts, came + PARTS_AHEAD - here.length)
      for (; reading.asked < most; reading.asked++) needed.push(place)
    }
    return needed
  }

  /** @param place of a ballot. @param votes its next part, one after the other, ascending by provider */
  put(place: number, votes: Uint8Array): void {
    const reading = this.#readings[place]!
    reading.came++
    if (votes.length > 0) reading.here.push(votes)
  }

  /** All votes on the next providers; undefined until more parts have come, or if there are no more votes. */
  next(): CountedBallot[] | undefined {
    if (this.#readings.some(one => one.here.length === 0 && one.came < one.parts)) return undefined
    const bound = this.#bound()
    const slice: CountedBallot[] = []
    for (const { verifier, here } of this.#readings) {
      const votes = here[0]
      if (votes === undefined) continue
      const end = VOTE_BYTES * (bound === undefined ? countOf(votes) : countUpTo(votes, bound))
      if (end > 0) slice.push({ verifier, votes: votes.subarray(0, end) })
      if (end === votes.length) here.shift()
      else here[0] = votes.subarray(end)
    }
    return slice.length > 0 ? slice : undefined
  }

  /** The vote on the last provider of which no part that is still to come holds a vote; undefined if none is to come. */
  #bound(): DataView | undefined {
    let lowest: DataView | undefined
    for (const { here, came, parts } of this.#readings) {
      if (here.length + parts - came <= 1) continue
      const last = viewOf(here[0]!.subarray(-VOTE_BYTES))
      if (lowest === undefined || compareProviders(last, 0, lowest, 0) < 0) lowest = last
    }
    return lowest
  }
}

const countOf = (votes: Uint8Array): number => votes.length / VOTE_BYTES

/** How many votes are on providers up to that of `bound`. */
function countUpTo(votes: Uint8Array, bound: DataView): number {
  const view = viewOf(votes)
  let [low, high] = [0, countOf(votes)]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareProviders(view, middle, bound, 0) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
