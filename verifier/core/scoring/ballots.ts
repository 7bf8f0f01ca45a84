/** The votes of several ballots, provider by provider. */
import type { Hex } from '../../../proto/hex.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { compareProviders, EncodedVote, providerKey, providerOf, viewOf } from './encoded-vote.js'

export interface CountedBallot {
  /** registry index of the verifier whose signature the ballot's root carries */
  readonly verifier: number
  /** encoded votes that `decodeVote` takes, one after the other, `VOTE_BYTES` each; in any order, but quickest by provider */
  readonly votes: Uint8Array
}

/** @param votes encoded */
export function countedBallot(verifier: number, votes: readonly Uint8Array[]): CountedBallot {
  const joined = new Uint8Array(votes.length * VOTE_BYTES)
  for (const [i, vote] of votes.entries()) joined.set(vote, i * VOTE_BYTES)
  return { verifier, votes: joined }
}

/** A vote counts if it is for this epoch and in the ballot of its own receiver. `tallyVotes` checks the rest. */
const counts = (vote: EncodedVote, verifier: number, epoch: number): boolean =>
  vote.epoch === epoch && vote.receiver === verifier

/** A ballot, and how far it is read. */
interface Reader {
  readonly verifier: number
  readonly votes: DataView
  /** of the votes in the order in which they are read: see `providerKey` */
  readonly keys: Float64Array
  readonly count: number
  /** the places of the votes by provider; undefined if they stand in this order */
  readonly order: Uint32Array | undefined
  next: number
}

/** Visits each provider that a ballot names once, ascending by account, with the votes on it that count. */
export function eachProvider(
  ballots: readonly CountedBallot[],
  epoch: number,
  visit: (provider: Hex, votes: readonly EncodedVote[]) => void,
): void {
  const readers = ballots.map(readerOf)
  for (;;) {
    const first = lowest(readers)
    if (first === undefined) return
    const [bytes, place, key] = [first.votes, placeOf(first), keyOf(first)]
    const votes: EncodedVote[] = []
    for (const reader of readers) {
      for (; reader.next < reader.count && keyOf(reader) === key; reader.next++) {
        const at = placeOf(reader)
        if (compareProviders(reader.votes, at, bytes, place) !== 0) break
        const vote = new EncodedVote(reader.votes, at)
        if (counts(vote, reader.verifier, epoch)) votes.push(vote)
      }
    }
    visit(providerOf(bytes, place), votes)
  }
}

/** The votes on one provider that count. */
export function votesOn(provider: Hex, ballots: readonly CountedBallot[], epoch: number): EncodedVote[] {
  const votes: EncodedVote[] = []
  for (const ballot of ballots) {
    const encoded = viewOf(ballot.votes)
    for (let i = 0; i < countOf(ballot); i++) {
      if (providerOf(encoded, i) !== provider) continue
      const vote = new EncodedVote(encoded, i)
      if (counts(vote, ballot.verifier, epoch)) votes.push(vote)
    }
  }
  return votes
}

const countOf = ({ votes }: CountedBallot): number => votes.length / VOTE_BYTES

const placeOf = ({ order, next }: Reader): number => (order === undefined ? next : order[next]!)

const keyOf = ({ keys, next }: Reader): number => keys[next]!

/** Keys are compared first: they lie close together, and each vote a kilobyte from the next. */
function compareNext(a: Reader, b: Reader): number {
  return keyOf(a) - keyOf(b) || compareProviders(a.votes, placeOf(a), b.votes, placeOf(b))
}

function lowest(readers: readonly Reader[]): Reader | undefined {
  let first: Reader | undefined
  for (const reader of readers) {
    if (reader.next >= reader.count) continue
    if (first === undefined || compareNext(reader, first) < 0) first = reader
  }
  return first
}

function readerOf(ballot: CountedBallot): Reader {
  const votes = viewOf(ballot.votes)
  const count = countOf(ballot)
  const keys = new Float64Array(count)
  for (let place = 0; place < count; place++) keys[place] = providerKey(votes, place)
  const compare = (a: number, b: number) => keys[a]! - keys[b]! || compareProviders(votes, a, votes, b)
  let i = 1
  while (i < count && compare(i - 1, i) <= 0) i++
  const order = i >= count ? undefined : Uint32Array.from({ length: count }, (_, place) => place)
  order?.sort((a, b) => compare(a, b) || a - b)
  const ordered = order === undefined ? keys : Float64Array.from(order, place => keys[place]!)
  return { verifier: ballot.verifier, votes, keys: ordered, count, order, next: 0 }
}
