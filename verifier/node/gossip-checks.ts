/**
 * Whether a gossip message is right, by the frozen set of its epoch. A fault is always one that the sender could have
 * seen: gossipsub counts a rejected message against the peer that forwarded it.
 */
import { commitDigest, headerHash, proposalDigest, reportDigest, seenDigest } from '../../proto/digests.js'
import { decodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { Certificate, Commit, Partial, Proposal, SeenListMessage } from '../../proto/messages.js'
import { isSupermajority } from '../../proto/quorum.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'
import type { GossipMessage } from '../net/gossip-messages.js'
import { ballotFault } from './ballot-checks.js'
import type { VerifierContext } from './context.js'

type CheckContext = Pick<VerifierContext, 'bls' | 'network'>

/** Why a message is wrong; undefined if it is right. @throws RangeError if it carries a malformed header or vote */
export function gossipFault(context: CheckContext, facts: ChainFacts, heard: GossipMessage): string | undefined {
  switch (heard.kind) {
    case 'commit':
      return commitFault(context, facts, heard.message)
    case 'ballot':
      return ballotFault(context, facts, heard.message)
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

function commitFault(context: CheckContext, facts: ChainFacts, { verifier, commitment, signature }: Commit) {
  const digest = commitDigest(context.network, facts, verifier, toHex(commitment))
  return signatureFault(context, facts, verifier, digest, signature)
}

function listFault(context: CheckContext, facts: ChainFacts, { verifier, entries, signature }: SeenListMessage) {
  const list = entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
  if (!isAscending(list.map(entry => entry.verifier))) return 'a list out of order'
  return signatureFault(context, facts, verifier, seenDigest(context.network, facts, verifier, list), signature)
}

function proposalFault(context: CheckContext, facts: ChainFacts, proposal: Proposal) {
  const { round, leader, header, lists, signature } = proposal
  const hash = headerHash(context.network, decodeHeader(header))
  if (new Set(lists.map(list => list.verifier)).size !== lists.length) return 'two lists of one verifier'
  if (!isSupermajority(lists.length, facts.verifiers.length)) return 'too few seen lists'
  const digest = proposalDigest(context.network, facts, round, hash)
  const fault = signatureFault(context, facts, leader, digest, signature)
  if (fault !== undefined) return fault
  for (const list of lists) {
    const wrong = list.epoch === facts.epoch ? listFault(context, facts, list) : 'a list of another epoch'
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function partialFault(context: CheckContext, facts: ChainFacts, partial: Partial) {
  const { round, headerHash: hash, verifier, signature } = partial
  const digest = reportDigest(context.network, facts, round, toHex(hash))
  return signatureFault(context, facts, verifier, digest, signature)
}

function certificateFault({ network, bls }: CheckContext, facts: ChainFacts, certificate: Certificate) {
  const { round, header, nonSigners, signature } = certificate
  const missing = new Set(nonSigners)
  const signers = facts.verifiers.filter(({ position }) => !missing.has(position))
  if (!isAscending(nonSigners)) return 'non-signers out of order'
  if (signers.length + nonSigners.length !== facts.verifiers.length) return 'non-signers that are not in the set'
  if (!isSupermajority(signers.length, facts.verifiers.length)) return 'too few signers'
  const decoded = decodeHeader(header)
  if (decoded.epoch !== facts.epoch || decoded.era !== facts.era) return 'a header of another epoch'
  const digest = reportDigest(network, facts, round, headerHash(network, decoded))
  const keys = signers.map(verifier => verifier.blsKey)
  return bls.verifier.fastAggregateVerify(keys, digest, signature) ? undefined : 'wrong aggregate signature'
}

function signatureFault(
  { bls }: CheckContext,
  facts: ChainFacts,
  verifier: number,
  digest: Hex,
  signature: Uint8Array,
): string | undefined {
  const blsKey = verifierOf(facts, verifier)?.blsKey
  if (blsKey === undefined) return 'not in the frozen set'
  return bls.verifier.verify(blsKey, digest, signature) ? undefined : 'wrong signature'
}

/** Strictly: no number twice. */
const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => i === 0 || number > numbers[i - 1]!)
