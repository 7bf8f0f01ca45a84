/** Whether a ballot is its verifier's, and complete. */
import type { NetworkId } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Ballot } from '../../proto/messages.js'
import { decodeVote } from '../../proto/vote.js'
import type { BlsVerifier } from '../bls/verifier.js'
import type { ChainFacts } from '../core/facts.js'
import { type BallotSignature, ballotSignatures, showsSchedule } from '../evidence/ballot-signatures.js'

/** Whether a ballot's votes are those that its root names. */
export const hasRoot = (ballot: Ballot): boolean => new MerkleTree(ballot.votes).root === toHex(ballot.root)

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
  { bls, network }: SignatureChecks,
  facts: ChainFacts,
  ballot: Ballot,
  peer?: string,
): Promise<string | undefined> {
  const signatures = ballotSignatures(network, facts, ballot)
  if (signatures === undefined) return 'not in the frozen set'
  if (ballot.epoch !== facts.epoch) return 'a ballot of another epoch'
  const votes = ballot.votes.map(decodeVote)
  const isRight = ({ blsKey, digest, signature }: BallotSignature) =>
    bls.verifier.verify(blsKey, digest, signature, peer)
  const [own, schedule] = await Promise.all([isRight(signatures.own), isRight(signatures.schedule)])
  if (!own) return 'wrong signature'
  if (!schedule) return 'wrong schedule signature'
  if (!showsSchedule(ballot, votes)) return 'a wrong schedule proof'
  if (votes.length === 0) return undefined
  if (!hasRoot(ballot)) return 'votes that do not match its root'
  if (votes.some(({ epoch, receiver }) => epoch !== facts.epoch || receiver !== ballot.verifier))
    return 'a vote of another epoch or verifier'
  return isAscending(votes.map(({ provider }) => provider)) ? undefined : 'votes out of order'
}

/**
 * Votes in the order in which a ballot must hold them: ascending by provider. The root does not depend on the order, so without
 * this rule anybody could make a ballot into many.
 * @param votes of one epoch, encoded
 */
export const inBallotOrder = (votes: readonly Uint8Array[]): Uint8Array[] => votes.toSorted(Buffer.compare)

/** Strictly: no provider twice. */
const isAscending = (providers: readonly Hex[]): boolean =>
  providers.every((provider, i) => i === 0 || provider > providers[i - 1]!)
