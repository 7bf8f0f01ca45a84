/** Whether a ballot is its verifier's, and complete. */
import type { NetworkId } from '../../proto/digests.js'
import { toHex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Ballot, BallotHead } from '../../proto/messages.js'
import { decodeVote, type Vote } from '../../proto/vote.js'
import type { BlsVerifier } from '../bls/verifier.js'
import type { ChainFacts } from '../core/facts.js'
import { type BallotSignature, ballotSignatures, showsSchedule } from '../evidence/ballot-signatures.js'

/** What signatures are checked with. */
export interface SignatureChecks {
  readonly network: NetworkId
  readonly bls: { readonly verifier: BlsVerifier }
}

/**
 * Why a ballot is wrong; undefined if it is right. A ballot without votes is announced by its root alone. There is one right
 * encoding with the votes, and one without: else anybody could send many right ballots in another's name.
 * @param peer who sent it
 */
export async function ballotFault(
  context: SignatureChecks,
  facts: ChainFacts,
  ballot: Ballot,
  peer?: string,
): Promise<string | undefined> {
  const fault = await headFault(context, facts, ballot, peer)
  if (fault !== undefined || ballot.votes.length === 0) return fault
  if (new MerkleTree(ballot.votes).root !== toHex(ballot.root)) return 'votes that do not match its root'
  const votes = ballot.votes.map(decodeVote)
  return votesFault(facts, ballot, votes) ?? (isAscending(votes) ? undefined : 'votes out of order')
}

/** What is wrong with a ballot's signatures; undefined if nothing is. @param peer who sent it */
export async function headFault(
  { bls, network }: SignatureChecks,
  facts: ChainFacts,
  head: BallotHead,
  peer?: string,
): Promise<string | undefined> {
  const signatures = ballotSignatures(network, facts, head)
  if (signatures === undefined) return 'not in the frozen set'
  if (head.epoch !== facts.epoch) return 'a ballot of another epoch'
  const isRight = ({ blsKey, digest, signature }: BallotSignature) =>
    bls.verifier.verify(blsKey, digest, signature, peer)
  const [own, schedule] = await Promise.all([isRight(signatures.own), isRight(signatures.schedule)])
  if (!own) return 'wrong signature'
  return schedule ? undefined : 'wrong schedule signature'
}

/** What is wrong with votes of a ballot, whose head is right; undefined if nothing is. */
export function votesFault(facts: ChainFacts, head: BallotHead, votes: readonly Vote[]): string | undefined {
  if (votes.some(({ epoch, receiver }) => epoch !== facts.epoch || receiver !== head.verifier))
    return 'a vote of another epoch or verifier'
  return showsSchedule(head, votes) ? undefined : 'a wrong schedule proof'
}

/**
 * Votes in the order in which a ballot must hold them: ascending by provider. The root does not depend on the order, so without
 * this rule anybody could make a ballot into many.
 * @param votes of one epoch, encoded
 */
export const inBallotOrder = (votes: readonly Uint8Array[]): Uint8Array[] => votes.toSorted(Buffer.compare)

/** Strictly: no provider twice. */
const isAscending = (votes: readonly Vote[]): boolean =>
  votes.every(({ provider }, i) => i === 0 || provider > votes[i - 1]!.provider)
