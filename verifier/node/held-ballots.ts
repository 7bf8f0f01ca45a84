import type { SeenEntry } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import type { HeldBallot } from './desk/computation.js'
import type { PeerSync } from './peer-sync.js'

/**
 * The ballots of a ballot set, which the store holds then. Undefined if no verifier that answers has one of them.
 * @param facts of the ballots' epoch. @param holders of each ballot, by its root, as far as they are known
 */
export async function heldBallots(
  peers: Pick<PeerSync, 'parts'>,
  ballotSet: readonly SeenEntry[],
  facts: ChainFacts,
  holders: ReadonlyMap<Hex, readonly number[]> = new Map(),
): Promise<HeldBallot[] | undefined> {
  const ballots = await Promise.all(
    ballotSet.map(async entry => {
      const parts = await peers.parts(entry, facts, holders.get(entry.root))
      return parts === undefined ? undefined : { ...entry, parts }
    }),
  )
  const held = ballots.filter(ballot => ballot !== undefined)
  return held.length < ballots.length ? undefined : held
}
