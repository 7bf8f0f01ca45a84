/** Gossip messages of one epoch, each rightly signed unless a test asks for another signer. */
import {
  ballotDigest,
  commitDigest,
  headerHash,
  type NetworkId,
  proposalDigest,
  providerSchedule,
  reportDigest,
  scheduleDigest,
  seenDigest,
} from '../../../proto/digests.js'
import type { EpochClock } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot, Certificate, Commit, Partial, Proposal, type SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { encodeVote, OUTCOME, type Vote } from '../../../proto/vote.js'
import { aggregate } from '../../bls/aggregate.js'
import { BlsSigner } from '../../bls/signer.js'
import { BlsVerifier } from '../../bls/verifier.js'
import { keysFromSeed } from '../../config/keys.js'
import { ballotSetRoot } from '../../core/agreement/ballot-set.js'
import { leaderOf } from '../../core/agreement/leader.js'
import { type ChainFacts, indicesOf, NO_PAID_REPORT } from '../../core/facts.js'
import { vote } from '../../core/test/samples.js'

export const EPOCH = 7
/** in the order of a ballot */
export const PROVIDERS: Hex[] = [1, 2, 3].map(digit => `0x${`0${digit}`.repeat(20)}` as const)
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
  ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
  verifiers: signers.map((signer, index) => ({
    index,
    account: `0x${`0${index}`.repeat(20)}`,
    blsKey: toHex(signer.publicKey128),
    position: POSITIONS[index]!,
    capacityKbps: 1_000_000,
  })),
  providers: [],
}
export const epochs: EpochClock = {
  genesisMs: 1_000_000,
  epochMs: DEVNET.epochSeconds * 1000,
  eraEpochs: DEVNET.eraEpochs,
}
const rootOf = (verifier: number): Hex => keccakText(`ballot of ${verifier}`)
/** Of the lists that `list` makes. */
const ballotSet = [0, 1, 2].map(verifier => ({ verifier, root: rootOf(verifier) }))
export const header: Header = {
  era: 1,
  epoch: EPOCH,
  blockNumber: facts.blockNumber,
  blockHash: facts.blockHash,
  previousHeader: ZERO_HASH,
  scoreRoot: keccakText('score'),
  ballotSetRoot: ballotSetRoot(ballotSet),
  rewardsRoot: ZERO_HASH,
  providerCount: 0,
  commonFailure: false,
}
export const bls = new BlsVerifier()
after(() => bls.end())

const sign = (verifier: number, digest: Hex) => signers[verifier]!.sign(digest)

export function commit(verifier: number, signedBy = verifier, epoch = EPOCH): Uint8Array {
  const commitment = keccakText(`commitment of ${verifier}`)
  const signature = sign(signedBy, commitDigest(network, { era: 1, epoch }, verifier, commitment))
  return Commit.encode({ epoch, verifier, commitment: fromHex(commitment), signature })
}

export function list(verifier: number, seen = [0, 1, 2], epoch = EPOCH): SeenListMessage {
  const entries = seen.map(other => ({ verifier: other, root: rootOf(other) }))
  return {
    epoch,
    verifier,
    entries: entries.map(entry => ({ ...entry, root: fromHex(entry.root) })),
    signature: sign(verifier, seenDigest(network, { era: 1, epoch }, verifier, entries)),
  }
}

/** Who leads a round of the epoch. */
export const leader = (round: number): number => leaderOf(indicesOf(facts), facts.beacon, round)

interface ProposalChanges {
  readonly round?: number
  readonly leader?: number
  readonly header?: Header
  readonly headerBytes?: Uint8Array
}

/** Of round 0 and by its leader, unless changed. The leader that it names signs it. */
export function proposal(lists: SeenListMessage[], changes: ProposalChanges = {}): Uint8Array {
  const { round = 0, leader: by = leader(round), header: over = header } = changes
  const signature = sign(by, proposalDigest(network, facts, round, headerHash(network, over)))
  return Proposal.encode({
    ...{ epoch: EPOCH, round, leader: by, header: changes.headerBytes ?? encodeHeader(over), lists, signature },
  })
}

export function certificate(
  by: number[],
  changes: { -readonly [K in keyof Certificate]?: Certificate[K] } = {},
): Uint8Array {
  const digest = reportDigest(network, facts, 0, headerHash(network, header))
  const signature = aggregate(by.map(verifier => sign(verifier, digest)))
  const nonSigners = POSITIONS.filter((_, verifier) => !by.includes(verifier)).sort()
  return Certificate.encode({ epoch: EPOCH, round: 0, header: encodeHeader(header), nonSigners, signature, ...changes })
}

export function partial(verifier: number, signedBy = verifier, signedRound = 0, round = 0): Uint8Array {
  const hash = headerHash(network, header)
  const signature = sign(signedBy, reportDigest(network, facts, signedRound, hash))
  return Partial.encode({ epoch: EPOCH, round, headerHash: fromHex(hash), verifier, signature })
}

/** Announced by its root alone. */
export function ballot(verifier: number): Uint8Array {
  return Ballot.encode(signedBallot(verifier, rootOf(verifier), []))
}

/** With a vote on each of the providers, in this order. */
export function votedBallot(verifier: number, providers: readonly Hex[], over: globalThis.Partial<Vote> = {}): Ballot {
  const scheduled = scheduleOf(verifier)
  const votes = providers.map(provider => {
    const scheduleProof = providerSchedule(scheduled, provider)
    return encodeVote(vote(verifier, OUTCOME.noData, 0, { epoch: EPOCH, provider, scheduleProof, ...over }))
  })
  return signedBallot(verifier, new MerkleTree(votes).root, votes)
}

const scheduleOf = (verifier: number) => sign(verifier, scheduleDigest(network, facts, facts.beacon))

const signedBallot = (verifier: number, root: Hex, votes: Uint8Array[]): Ballot => ({
  ...{ epoch: EPOCH, verifier, root: fromHex(root), votes, schedule: scheduleOf(verifier) },
  signature: sign(verifier, ballotDigest(network, facts, verifier, root)),
})
