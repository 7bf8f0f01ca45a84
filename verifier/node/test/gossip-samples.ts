/** Gossip messages of one epoch, each rightly signed unless a test asks for another signer. */
import {
  ballotDigest,
  commitDigest,
  headerHash,
  type NetworkId,
  proposalDigest,
  reportDigest,
  scheduleDigest,
  seenDigest,
} from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { Ballot, Certificate, Commit, Partial, Proposal, type SeenListMessage } from '../../../proto/messages.js'
import { BlsSigner } from '../../bls/signer.js'
import { BlsVerifier } from '../../bls/verifier.js'
import { keysFromSeed } from '../../config/keys.js'
import type { ChainFacts } from '../../core/facts.js'

export const EPOCH = 7
export const network: NetworkId = { chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
export const signers = [0, 1, 2, 3].map(i => new BlsSigner(keysFromSeed('inbox', `verifier-${i}`).bls))
/** A leaver's place was filled by the last of the set, so positions do not ascend with the indices. */
export const POSITIONS = [0, 1, 3, 2]
export const facts: ChainFacts = {
  era: 1,
  epoch: EPOCH,
  blockNumber: 70,
  blockHash: keccakText('B(7)'),
  beacon: keccakText('beacon'),
  ...{ windowBeacon: keccakText('beacon'), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
  verifiers: signers.map((signer, index) => ({
    index,
    account: `0x${`0${index}`.repeat(20)}`,
    blsKey: toHex(signer.publicKey128),
    position: POSITIONS[index]!,
    capacityKbps: 1_000_000,
  })),
  providers: [],
}
export const header: Header = {
  era: 1,
  epoch: EPOCH,
  blockNumber: facts.blockNumber,
  blockHash: facts.blockHash,
  previousHeader: ZERO_HASH,
  scoreRoot: keccakText('score'),
  ballotSetRoot: keccakText('ballots'),
  rewardsRoot: ZERO_HASH,
  providerCount: 0,
  commonFailure: false,
}
export const bls = new BlsVerifier()
const sign = (verifier: number, digest: Hex) => signers[verifier]!.sign(digest)

export function commit(verifier: number, signedBy = verifier, epoch = EPOCH): Uint8Array {
  const commitment = keccakText(`commitment of ${verifier}`)
  const signature = sign(signedBy, commitDigest(network, { era: 1, epoch }, verifier, commitment))
  return Commit.encode({ epoch, verifier, commitment: fromHex(commitment), signature })
}

export function list(verifier: number, seen = [0, 1, 2], epoch = EPOCH): SeenListMessage {
  const entries = seen.map(other => ({ verifier: other, root: keccakText(`ballot of ${other}`) }))
  return {
    epoch,
    verifier,
    entries: entries.map(entry => ({ ...entry, root: fromHex(entry.root) })),
    signature: sign(verifier, seenDigest(network, { era: 1, epoch }, verifier, entries)),
  }
}

export function proposal(lists: SeenListMessage[], changes: { leader?: number; header?: Uint8Array } = {}): Uint8Array {
  const signature = sign(0, proposalDigest(network, facts, 0, headerHash(network, header)))
  return Proposal.encode({
    epoch: EPOCH,
    round: 0,
    leader: 0,
    header: encodeHeader(header),
    lists,
    signature,
    ...changes,
  })
}

export function certificate(
  by: number[],
  changes: { -readonly [K in keyof Certificate]?: Certificate[K] } = {},
): Uint8Array {
  const digest = reportDigest(network, facts, 0, headerHash(network, header))
  const signature = bls.aggregate(by.map(verifier => sign(verifier, digest)))
  const nonSigners = POSITIONS.filter((_, verifier) => !by.includes(verifier)).sort()
  return Certificate.encode({ epoch: EPOCH, round: 0, header: encodeHeader(header), nonSigners, signature, ...changes })
}

export function partial(verifier: number, signedBy = verifier, signedRound = 0): Uint8Array {
  const hash = headerHash(network, header)
  const signature = sign(signedBy, reportDigest(network, facts, signedRound, hash))
  return Partial.encode({ epoch: EPOCH, round: 0, headerHash: fromHex(hash), verifier, signature })
}

/** Announced by its root alone. */
export function ballot(verifier: number): Uint8Array {
  const root = keccakText(`ballot of ${verifier}`)
  return Ballot.encode({
    epoch: EPOCH,
    verifier,
    root: fromHex(root),
    signature: sign(verifier, ballotDigest(network, facts, verifier, root)),
    schedule: sign(verifier, scheduleDigest(network, facts, facts.beacon)),
    votes: [],
  })
}
