/** Whether a ballot is its verifier's, and complete. */
import { ballotDigest } from '../../proto/digests.js'
import { toHex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Ballot } from '../../proto/messages.js'
import { decodeVote } from '../../proto/vote.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'
import { scheduleFault } from '../evidence/schedule-check.js'
import type { VerifierContext } from './context.js'

/** Whether a ballot's votes are those that its root names. */
export const hasRoot = (ballot: Ballot): boolean => new MerkleTree(ballot.votes).root === toHex(ballot.root)

/** Why a ballot is wrong; undefined if it is right. A ballot without votes is announced by its root alone. */
export function ballotFault(
  { bls, network }: Pick<VerifierContext, 'bls' | 'network'>,
  facts: ChainFacts,
  ballot: Ballot,
): string | undefined {
  const blsKey = verifierOf(facts, ballot.verifier)?.blsKey
  if (blsKey === undefined) return 'not in the frozen set'
  const digest = ballotDigest(network, facts, ballot.verifier, toHex(ballot.root))
  if (!bls.verifier.verify(blsKey, digest, ballot.signature)) return 'wrong signature'
  if (ballot.votes.length === 0) return undefined
  if (!hasRoot(ballot)) return 'votes that do not match its root'
  const votes = ballot.votes.map(decodeVote)
  if (votes.some(({ epoch, receiver }) => epoch !== facts.epoch || receiver !== ballot.verifier))
    return 'a vote of another epoch or verifier'
  return scheduleFault(bls.verifier, network, facts, ballot, votes)
}
