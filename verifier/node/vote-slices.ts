/**
 * The votes of many ballots, some providers at a time. All ballots of a large network are gigabytes, and a report needs all votes
 * on one provider at once, but on no two.
 */
import { setImmediate } from 'node:timers/promises'
import { providerIn } from '../../proto/ballot-index.js'
import { VOTE_BYTES } from '../../proto/vote.js'
import type { CountedBallot } from '../core/scoring/ballots.js'

/** A ballot that is read in parts, ascending by provider. */
export interface PartedBallot {
  /** registry index */
  readonly verifier: number
  readonly parts: number
  /** votes, one after the other. @throws if the part cannot be read */
  part(part: number): Promise<Uint8Array>
}

/** A ballot, and how far it is read. */
interface Reader {
  readonly ballot: PartedBallot
  nextPart: number
  /** read, and in no slice yet */
  votes: Uint8Array
}

/**
 * Slices that hold every vote once, and all votes on one provider together. About one part of each ballot is in memory at a
 * time, and other work has its turn after each slice. A slice is valid until the next one is asked for.
 */
export async function* voteSlices(ballots: readonly PartedBallot[]): AsyncGenerator<CountedBallot[]> {
  const readers = ballots.map((ballot): Reader => ({ ballot, nextPart: 0, votes: new Uint8Array(0) }))
  for (;;) {
    await Promise.all(readers.map(fill))
    if (readers.every(({ votes }) => votes.length === 0)) return
    const last = lastComplete(readers)
    yield readers.map(reader => {
      const end = last === undefined ? reader.votes.length : endOf(reader.votes, last)
      const votes = reader.votes.subarray(0, end)
      reader.votes = reader.votes.subarray(end)
      return { verifier: reader.ballot.verifier, votes }
    })
    await setImmediate()
  }
}

async function fill(reader: Reader): Promise<void> {
  const { ballot } = reader
  if (reader.votes.length === 0 && reader.nextPart < ballot.parts) reader.votes = await ballot.part(reader.nextPart++)
}

/** The last provider of which all votes are read: behind it a ballot may have more. Undefined if all is read. */
function lastComplete(readers: readonly Reader[]): Uint8Array | undefined {
  let least: Uint8Array | undefined
  for (const { ballot, nextPart, votes } of readers) {
    if (nextPart >= ballot.parts) continue
    const last = providerIn(votes.subarray(votes.length - VOTE_BYTES))
    if (least === undefined || Buffer.compare(last, least) < 0) least = last
  }
  return least
}

/** Where the votes on providers up to this one end. */
function endOf(votes: Uint8Array, provider: Uint8Array): number {
  let [low, high] = [0, votes.length / VOTE_BYTES]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(providerIn(votes.subarray(middle * VOTE_BYTES)), provider) <= 0) low = middle + 1
    else high = middle
  }
  return low * VOTE_BYTES
}
