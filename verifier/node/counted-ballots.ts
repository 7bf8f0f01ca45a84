import type { SeenEntry } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import { type CountedBallot, countedBallot } from '../core/scoring/ballots.js'
import type { PeerSync } from './peer-sync.js'

/**
 * The votes of a ballot set. Undefined if no verifier that answers has one of the ballots.
 * @param facts of the ballots' epoch. @param holders of each ballot, by its root, as far as they are known
 */
export async function countedBallots(
  peers: Pick<PeerSync, 'votes'>,
  ballotSet: readonly SeenEntry[],
  facts: ChainFacts,
  holders: ReadonlyMap<Hex, readonly number[]> = new Map(),
): Promise<CountedBallot[] | undefined> {
  const ballots = await Promise.all(
    ballotSet.map(async entry => {
      const votes = await peers.votes(entry, facts, holders.get(entry.root))
      return votes && countedBallot(entry.verifier, votes)
    }),
  )
  const complete = ballots.filter(ballot => ballot !== undefined)
  return complete.length < ballots.length ? undefined : complete
}
