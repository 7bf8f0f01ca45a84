/**
 * Whether a gossip message is right, by the frozen set of its epoch. A fault is always one that the sender could have
 * seen: gossipsub counts a rejected message against the peer that forwarded it.
 */
import { commitDigest, headerHash, proposalDigest, reportDigest, seenDigest } from '../../proto/digests.js'
import { decodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { Certificate, Commit, Partial, Proposal, SeenListMessage } from '../../proto/messages.js'
import { isSupermajority } from '../../proto/quorum.js'
import { ballotSetOf, ballotSetRoot } from '../core/agreement/ballot-set.js'
import { leaderOf } from '../core/agreement/leader.js'
import { agreementTiming, roundsOf } from '../core/agreement/phases.js'
import { type ChainFacts, indicesOf, verifierOf } from '../core/facts.js'
import type { GossipMessage } from '../net/gossip-messages.js'
import { ballotFault } from './ballot-checks.js'
import type { VerifierContext } from './context.js'
import { seenListFrom } from './proposals.js'

type CheckContext = Pick<VerifierContext, 'bls' | 'network' | 'epochs' | 'params'>
type PeerContext = CheckContext & { readonly peer: string | undefined }
type Fault = string | undefined

/**
 * Why a message is wrong; undefined if it is right.
 * @param peer who sent it; undefined for this node itself
 * @throws RangeError if it carries a malformed header or vote
 */
export async function gossipFault(
  checks: CheckContext,
  facts: ChainFacts,
  heard: GossipMessage,
  peer?: string,
): Promise<string | undefined> {
  const context = { ...checks, peer }
  switch (heard.kind) {
    case 'commit':
      return commitFault(context, facts, heard.message)
    case 'ballot':
      return ballotFault(checks, facts, heard.message, peer)
    case 'seen':
      return listFault(context, facts, heard.message)
    case 'proposal':
      return proposalFault(context, facts, heard.message)
    case 'partial':
      return partialFault(context, facts, heard.message)
    case 'certificate':
      return certificateFault(context, facts, heard.message)
  }
}

async function commitFault(context: PeerContext, facts: ChainFacts, commit: Commit): Promise<Fault> {
  const { verifier, commitment, signature } = commit
  const digest = commitDigest(context.network, facts, verifier, toHex(commitment))
  return signatureFault(context, facts, verifier, digest, signature)
}

async function listFault(context: PeerContext, facts: ChainFacts, message: SeenListMessage): Promise<Fault> {
  const { verifier, entries, signature } = message
  const list = entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
  if (!isAscending(list.map(entry => entry.verifier))) return 'a list out of order'
  return signatureFault(context, facts, verifier, seenDigest(context.network, facts, verifier, list), signature)
}

async function proposalFault(context: PeerContext, facts: ChainFacts, proposal: Proposal): Promise<Fault> {
  const { round, leader, header, lists, signature } = proposal
  const decoded = decodeHeader(header)
  const hash = headerHash(context.network, decoded)
  if (isTooLate(context, facts, round)) return 'a round that begins after the deadline'
  if (leader !== leaderOf(indicesOf(facts), facts.beacon, round)) return 'not the leader of its round'
  if (!isAscending(lists.map(list => list.verifier))) return 'lists out of order'
  if (!isSupermajority(lists.length, facts.verifiers.length)) return 'too few seen lists'
  const digest = proposalDigest(context.network, facts, round, hash)
  const fault = await signatureFault(context, facts, leader, digest, signature)
  if (fault !== undefined) return fault
  // The leader does not sign the lists: other lists beside its header would have everybody refuse its round.
  const { roots } = ballotSetOf(lists.map(seenListFrom), facts.verifiers.length)
  if (ballotSetRoot(roots) !== decoded.ballotSetRoot) return 'a header that does not follow from its lists'
  if (lists.some(list => list.epoch !== facts.epoch)) return 'a list of another epoch'
  const faults = await Promise.all(lists.map(list => listFault(context, facts, list)))
  return faults.find(wrong => wrong !== undefined)
}

async function partialFault(context: PeerContext, facts: ChainFacts, partial: Partial): Promise<Fault> {
  const { round, headerHash: hash, verifier, signature } = partial
  if (isTooLate(context, facts, round)) return 'a round that begins after the deadline'
  const digest = reportDigest(context.network, facts, round, toHex(hash))
  return signatureFault(context, facts, verifier, digest, signature)
}

async function certificateFault(context: PeerContext, facts: ChainFacts, certificate: Certificate): Promise<Fault> {
  const { network, bls, peer } = context
  const { round, header, nonSigners, signature } = certificate
  if (isTooLate(context, facts, round)) return 'a round that begins after the deadline'
  const missing = new Set(nonSigners)
  const signers = facts.verifiers.filter(({ position }) => !missing.has(position))
  if (!isAscending(nonSigners)) return 'non-signers out of order'
  if (signers.length + nonSigners.length !== facts.verifiers.length) return 'non-signers that are not in the set'
  if (!isSupermajority(signers.length, facts.verifiers.length)) return 'too few signers'
  const decoded = decodeHeader(header)
  if (decoded.epoch !== facts.epoch || decoded.era !== facts.era) return 'a header of another epoch'
  const digest = reportDigest(network, facts, round, headerHash(network, decoded))
  const keys = signers.map(verifier => verifier.blsKey)
  return (await bls.verifier.fastAggregateVerify(keys, digest, signature, peer))
    ? undefined
    : 'wrong aggregate signature'
}

/** No honest verifier signs anything of such a round; one that signs for endless rounds must not fill anybody's memory. */
const isTooLate = ({ epochs, params }: CheckContext, { epoch }: ChainFacts, round: number): boolean =>
  round >= roundsOf(agreementTiming(epochs, params, epoch))

async function signatureFault(
  { bls, peer }: PeerContext,
  facts: ChainFacts,
  verifier: number,
  digest: Hex,
  signature: Uint8Array,
): Promise<Fault> {
  const blsKey = verifierOf(facts, verifier)?.blsKey
  if (blsKey === undefined) return 'not in the frozen set'
  return (await bls.verifier.verify(blsKey, digest, signature, peer)) ? undefined : 'wrong signature'
}

/** Strictly: no number twice. */
const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => i === 0 || number > numbers[i - 1]!)
