/**
 * A refutation: votes of the ballot set that contradict a penalty of the same report. A breach needs 2f+1 low votes of the n
 * assigned receivers. So if n − 2f of them voted at or above the slashing threshold, no breach is possible, and without a
 * breach in its window no leaf has a penalty. `Refutations.sol` checks the same on chain.
 */
import type { SeenEntry } from '../../../proto/digests.js'
import { isWindowEnd, windowStart } from '../../../proto/epoch.js'
import type { Header } from '../../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import type { NetworkParams } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import { decodeVote, OUTCOME, VOTE_FIELDS, type Vote } from '../../../proto/vote.js'
import { ballotSetItems } from '../agreement/ballot-set.js'
import { type AssignedReceiver, assignedItems, assignedRoot } from '../assignment/assigned.js'
import type { OpenedVote, Refutation } from '../ports.js'
import { isBelowThreshold } from './slashing-threshold.js'

/** An accepted report, with what its ballots say of one provider. */
export interface BallotedReport {
  readonly header: Header
  readonly ballotSet: readonly SeenEntry[]
  /** the votes on the provider, by the root of their ballot; none for ballots that nobody has, or that nobody needs */
  readonly votes: ReadonlyMap<Hex, BallotVote>
}

export interface BallotVote {
  readonly vote: Vote
  /** under the root of its ballot */
  readonly proof: readonly Hex[]
}

export interface RefutationInput {
  readonly params: Pick<NetworkParams, 'breachBps' | 'windowEpochs'>
  readonly leaf: Leaf
  /** all leaves of the report */
  readonly leaves: readonly Leaf[]
  /** the leaf's report, then the other reports of its window */
  readonly reports: readonly [BallotedReport, ...BallotedReport[]]
  readonly previousEpoch: number
  /** the receivers of the provider, by this node's own assignment */
  readonly assigned: readonly AssignedReceiver[]
}

/** Undefined if the ballots do not contradict the leaf, or the contract could not tell that they do. */
export function refutationOf(input: RefutationInput): Refutation | undefined {
  const { params, leaf, leaves, reports, previousEpoch, assigned } = input
  if (leaf.penaltyBps === 0 || endsEarlierWindow(leaf.epoch, previousEpoch, params)) return undefined
  const opened = {
    ...{ headers: reports.map(({ header }) => header), leaf, previousEpoch, assigned: assigned.length },
    proof: new MerkleTree(leaves.map(encodeLeaf)).proof(leaves.indexOf(leaf)),
  }
  if (leaf.assignedRoot === ZERO_HASH) return { ...opened, votes: [] }
  if (leaf.assignedRoot !== assignedRoot(assigned)) return undefined
  const votes = votesAbove(input)
  return votes.length < votesNeeded(assigned.length) ? undefined : { ...opened, votes }
}

/** n − 2f: with so many receivers above the threshold, fewer than 2f+1 can be below. */
export const votesNeeded = (assigned: number): number => assigned - 2 * faultsTolerated(assigned)

/**
 * A window whose last epoch has no report ends with the first report after it. That report's leaf names the receivers of its
 * own window, and so does not show who could vote in the other.
 */
const endsEarlierWindow = (
  epoch: number,
  previousEpoch: number,
  { windowEpochs }: RefutationInput['params'],
): boolean => previousEpoch < windowStart(epoch, windowEpochs) && !isWindowEnd(previousEpoch, windowEpochs)

/**
 * One vote of each receiver that cannot have counted as low: cast in the epoch in which the receiver was due. An exit ends a
 * window early; a receiver that is due later cannot have counted at all, and an empty vote names it.
 */
function votesAbove({ params, leaf, reports, assigned }: RefutationInput): OpenedVote[] {
  const receivers = new MerkleTree(assignedItems(assigned))
  const sets = reports.map(({ ballotSet }) => new MerkleTree(ballotSetItems(ballotSet)))
  return assigned
    .flatMap(({ receiver, epoch }, position) => {
      const assignedProof = receivers.proof(position)
      if (epoch > leaf.epoch)
        return { header: 0, vote: { ...NO_VOTE, receiver, epoch }, ballotProof: [], setProof: [], assignedProof }
      const at = reports.findIndex(({ header }) => header.epoch === epoch)
      const place = at < 0 ? -1 : reports[at]!.ballotSet.findIndex(({ verifier }) => verifier === receiver)
      const cast = place < 0 ? undefined : reports[at]!.votes.get(reports[at]!.ballotSet[place]!.root)
      if (cast === undefined || cast.vote.receiver !== receiver || !isAbove(cast.vote, leaf, epoch, params)) return []
      const { vote, proof: ballotProof } = cast
      return { header: at, vote, ballotProof, setProof: sets[at]!.proof(place), assignedProof }
    })
    .sort((a, b) => a.vote.receiver - b.vote.receiver)
}

const NO_VOTE: Vote = decodeVote(new Uint8Array(32 * VOTE_FIELDS.length))

const isAbove = (vote: Vote, leaf: Leaf, epoch: number, { breachBps }: RefutationInput['params']): boolean =>
  vote.epoch === epoch &&
  vote.provider === leaf.provider &&
  (vote.outcome === OUTCOME.verified || vote.outcome === OUTCOME.atLeast) &&
  !isBelowThreshold(vote.rateKbps, leaf.claimKbps, breachBps)
