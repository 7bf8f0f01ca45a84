import { PART_VOTES } from '../../proto/ballot-index.js'
import type { SeenEntry } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import { EpochEvaluation, type EvaluateInput, type Evaluation, type OnTally } from '../core/scoring/evaluate.js'
import type { PeerSync } from './peer-sync.js'
import { type PartedBallot, voteSlices } from './vote-slices.js'

/** What holds ballots, or fetches them. */
export type Ballots = Pick<PeerSync, 'ballot' | 'ballotVotes' | 'ballotPart'>

/**
 * Evaluates an epoch from a ballot set, a slice of providers at a time. Undefined if no verifier that answers has one of the
 * ballots.
 * @param holders of each ballot, by its root, as far as they are known. @throws if a ballot is lost meanwhile
 */
export async function evaluateBallots(
  ballots: Ballots,
  ballotSet: readonly SeenEntry[],
  input: Omit<EvaluateInput, 'ballots'>,
  onTally: OnTally,
  holders: ReadonlyMap<Hex, readonly number[]> = new Map(),
): Promise<Evaluation | undefined> {
  const held = await Promise.all(
    ballotSet.map(async entry => {
      const head = await ballots.ballot(entry, input.facts, holders.get(entry.root))
      return head && partedBallot(ballots, entry)
    }),
  )
  const whole = held.filter(one => one !== undefined)
  if (whole.length < held.length) return undefined
  const evaluation = new EpochEvaluation(input, onTally)
  for await (const slice of voteSlices(whole)) evaluation.add(slice)
  return evaluation.finish()
}

/** A missing part must not pass for the end of a ballot: other nodes would get another report. */
async function partedBallot(ballots: Ballots, { verifier, root }: SeenEntry): Promise<PartedBallot> {
  const lost = () => new Error(`the ballot ${root} of verifier ${verifier} is no longer whole`)
  const votes = await ballots.ballotVotes(root)
  if (votes === undefined) throw lost()
  const part = async (place: number): Promise<Uint8Array> => {
    const bytes = await ballots.ballotPart(root, place)
    if (bytes === undefined) throw lost()
    return bytes
  }
  return { verifier, parts: Math.ceil(votes / PART_VOTES), part }
}
