/**
 * How much the fields of messages may hold. The limits are those of an honest message in the largest network: 191
 * verifiers and 100,000 providers. A decoder holds them against the bytes, before it builds anything.
 */
import { MAX_ADDRESSES } from '../announcement.js'
import { CHUNK_DATAGRAMS } from '../datagram.js'
import { TOKEN_BYTES } from '../token.js'
import { VOTE_BYTES } from '../vote.js'

export const KIB = 1024

/** A verifier votes on each once in an epoch at most. The bytes of a message bound its votes before this does. */
export const MAX_PROVIDERS = 100_000
/** Most verifiers of a frozen set: the contract stores the set's keys as the code of one contract. */
export const MAX_VERIFIERS = 191
/** More than two thirds sign, so fewer than a third do not. */
const MAX_NON_SIGNERS = Math.ceil(MAX_VERIFIERS / 3) - 1

/** Most tokens in one request: their evaluation and its proof block a provider for about 25 ms. */
export const MAX_TOKENS_PER_REQUEST = 16

/** Processes of one verifier. Two are the fault to find. Room for more lets nobody hide one behind others. */
export const MAX_PRESENCES = 16

/** Steps of a reach test: see REACH_STEP. */
const MAX_REACH_STEPS = 4

/** Votes of a ballot that travels in one message: 127 KiB. A ballot of more is fetched in parts (ballot-index.ts). */
export const MAX_GOSSIP_VOTES = 135
/** Of root 34, signature and schedule 98 each, epoch and verifier 6 each. */
export const BALLOT_HEAD_BYTES = 242
/** Tag and length of a vote in a ballot. */
const VOTE_HEAD_BYTES = 3
/** Bytes of a ballot with its votes. */
export const ballotBytes = (votes: number): number => BALLOT_HEAD_BYTES + votes * (VOTE_HEAD_BYTES + VOTE_BYTES)

/** A datagram names its sender's slot in one byte. */
const MAX_SENDERS = 256
/** A session lasts at most 26 s (SESSION_MS of the probe), and a log has an entry for each 50 ms: 520. */
const MAX_LOG_INTERVALS = 1024
/** A provider signs at most ten receipts a second: 260 in 26 s, and the last one. */
export const MAX_RECEIPTS = 512
/** Chunks that a receiver opens to one sender: see probe/chunks/openings.ts. */
const MAX_OPENINGS = 4
/** Siblings in a tree of as many chunks as there are chunk numbers. */
const MAX_PROOF = 32
/** Of one sender: a session of 10 GB with three senders. */
const MAX_CHUNKS = 65_536
/** Addresses that the names of one announcement stand for: see verifier/net/literal-addresses.ts. */
const MAX_HOSTS = 16

/** The most items of each repeated field, by type and field. A field without a limit cannot be decoded. */
export const MAX_ITEMS: Readonly<Record<string, number>> = {
  'Ballot.votes': MAX_PROVIDERS,
  'SeenList.entries': MAX_VERIFIERS,
  'Proposal.lists': MAX_VERIFIERS,
  'Certificate.nonSigners': MAX_NON_SIGNERS,
  'Presences.presences': MAX_PRESENCES,
  'ReachRequest.multiaddrs': MAX_ADDRESSES,
  'ReachReport.tests': MAX_REACH_STEPS,
  'TokenRequest.blindedElements': MAX_TOKENS_PER_REQUEST,
  'TokenIssue.evaluatedElements': MAX_TOKENS_PER_REQUEST,
  'SendLog.sent': MAX_LOG_INTERVALS,
  'SendLog.blocked': MAX_LOG_INTERVALS,
  'SendLog.errors': MAX_LOG_INTERVALS,
  'SendLog.control': MAX_LOG_INTERVALS,
  'ProbeReveal.receipts': MAX_RECEIPTS,
  'ChunkRecord.maskedTimes': CHUNK_DATAGRAMS,
  'ChunkOpening.proof': MAX_PROOF,
  'ProbeOpenings.slotRoots': MAX_SENDERS,
  'ProbeOpenings.openings': MAX_OPENINGS,
  'TurnRecord.crowdKbps': MAX_SENDERS,
  'SenderRecord.chunks': MAX_CHUNKS,
  'SenderRecord.control': MAX_CHUNKS,
  'SenderRecord.direct': MAX_CHUNKS,
  'SessionRecord.senders': MAX_SENDERS,
  'SessionRecord.senderRecords': MAX_SENDERS,
  'SessionRecord.providerHosts': MAX_HOSTS,
  'Transcript.senderPeers': MAX_SENDERS,
}

/** A point of G2, compressed. */
const BLS_SIGNATURE_BYTES = 96

/** Bytes of the fields of fixed length, by type and field, or by field. A field that is left out has 0 bytes, which is wrong. */
export const FIXED_BYTES: Readonly<Record<string, number>> = {
  // Libraries also take a point that is not compressed. A message would have two encodings.
  'Commit.signature': BLS_SIGNATURE_BYTES,
  'Ballot.signature': BLS_SIGNATURE_BYTES,
  'Ballot.votes': VOTE_BYTES,
  'SeenList.signature': BLS_SIGNATURE_BYTES,
  'Proposal.signature': BLS_SIGNATURE_BYTES,
  'Partial.signature': BLS_SIGNATURE_BYTES,
  'Certificate.signature': BLS_SIGNATURE_BYTES,
  'Presence.signature': BLS_SIGNATURE_BYTES,
  'Contradiction.signature': BLS_SIGNATURE_BYTES,
  'ServedSlots.signature': 65,
  sessionId: 32,
  tag: 8,
  controlTag: 8,
  headerKey: 16,
  provider: 20,
  nonce: 32,
  commitment: 32,
  root: 32,
  head: 32,
  channel: 32,
  lane: 32,
  laneSignature: 65,
  key: 16,
  chunkRoot: 32,
  headerHash: 32,
  hash: 32,
  slotRoots: 32,
  treeRoot: 32,
  proof: 32,
  contract: 20,
  beacon: 32,
  receiverAccount: 20,
  schedule: BLS_SIGNATURE_BYTES,
  token: TOKEN_BYTES,
  blindedElements: 32,
  evaluatedElements: 32,
  evaluationProof: 64,
}
