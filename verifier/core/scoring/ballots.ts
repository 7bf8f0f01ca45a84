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

/**
 * Visits each provider that a ballot names once, ascending by account, with the votes on it that count, ascending by receiver.
 */
export function eachProvider(
  ballots: readonly CountedBallot[],
  epoch: number,
  visit: (provider: Hex, votes: readonly EncodedVote[]) => void,
): void {
  const readers = ballots.map(readerOf).sort((a, b) => a.verifier - b.verifier)
  for (let next = nextOf(readers); next.length > 0; next = nextOf(readers)) {
    const [first] = next
    const [bytes, place] = [first!.votes, placeOf(first!)]
    const votes: EncodedVote[] = []
    for (const reader of next) {
      do {
        const vote = new EncodedVote(reader.votes, placeOf(reader))
        if (counts(vote, reader.verifier, epoch)) votes.push(vote)
        reader.next++
      } while (isAt(reader, bytes, place))
    }
    visit(providerOf(bytes, place), votes)
  }
}

/** The votes on one provider that count, ascending by receiver. */
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
  return votes.sort((a, b) => a.receiver - b.receiver)
}

/** Those of the receivers that voted once. @param votes ascending by receiver. @param receivers ascending */
export function singleVotes(votes: readonly EncodedVote[], receivers: readonly number[]): EncodedVote[] {
  const single: EncodedVote[] = []
  let from = 0
  for (const receiver of receivers) {
    while (from < votes.length && votes[from]!.receiver < receiver) from++
    let to = from
    while (to < votes.length && votes[to]!.receiver === receiver) to++
    if (to === from + 1) single.push(votes[from]!)
    from = to
  }
  return single
}

const countOf = ({ votes }: CountedBallot): number => votes.length / VOTE_BYTES

const placeOf = ({ order, next }: Reader): number => (order === undefined ? next : order[next]!)

/** Behind the last vote, above every key. */
const keyOf = ({ keys, next, count }: Reader): number => (next < count ? keys[next]! : Infinity)

const isAt = (reader: Reader, votes: DataView, place: number): boolean =>
  reader.next < reader.count &&
  keyOf(reader) === providerKey(votes, place) &&
  compareProviders(reader.votes, placeOf(reader), votes, place) === 0

/**
 * The readers whose next vote is on the lowest provider. Keys are compared first: they lie close together, and each vote a
 * kilobyte from the next.
 */
function nextOf(readers: readonly Reader[]): Reader[] {
  let key = Infinity
  for (const reader of readers) key = Math.min(key, keyOf(reader))
  let next: Reader[] = []
  if (key === Infinity) return next
  for (const reader of readers) {
    if (keyOf(reader) !== key) continue
    const [first] = next
    const difference =
      first === undefined ? 0 : compareProviders(reader.votes, placeOf(reader), first.votes, placeOf(first))
    if (difference < 0) next = [reader]
    else if (difference === 0) next.push(reader)
  }
  return next
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
