/** The votes of several ballots, provider by provider. */
import type { Hex } from '../../../proto/hex.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { compareProviders, EncodedVote, providerOf, viewOf } from './encoded-vote.js'

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
    const [bytes, place] = [first.votes, placeOf(first)]
    const votes: EncodedVote[] = []
    for (const reader of readers) {
      for (; reader.next < reader.count; reader.next++) {
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

function lowest(readers: readonly Reader[]): Reader | undefined {
  let first: Reader | undefined
  for (const reader of readers) {
    if (reader.next >= reader.count) continue
    const isLower =
      first === undefined || compareProviders(reader.votes, placeOf(reader), first.votes, placeOf(first)) < 0
    if (isLower) first = reader
  }
  return first
}

function readerOf(ballot: CountedBallot): Reader {
  const votes = viewOf(ballot.votes)
  const count = countOf(ballot)
  let i = 1
  while (i < count && compareProviders(votes, i - 1, votes, i) <= 0) i++
  const order = i >= count ? undefined : Uint32Array.from({ length: count }, (_, place) => place)
  order?.sort((a, b) => compareProviders(votes, a, votes, b) || a - b)
  return { verifier: ballot.verifier, votes, count, order, next: 0 }
}
