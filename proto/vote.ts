/**
 * A vote: one verifier's measurement of one provider in one epoch. It is a leaf of a ballot, and a contract can open
 * it.
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'

/**
 * The outcome of a session. Votes are signed, so a number must never change its meaning.
 * A new member must be handled in `verifier/core/scoring/vote.ts` (from the probe's outcome to a vote),
 * `verifier/core/scoring/classify-vote.ts` (how the vote counts) and `verifier/evidence/outcome-text.ts` (its words).
 */
export const OUTCOME = {
  /** measured, at or above the slashing threshold */
  verified: 1,
  /** measured below the slashing threshold, with the evidence that a low vote needs */
  under: 2,
  /** "at least x": something other than the provider may have been the limit; it can raise a score, but never slash */
  atLeast: 3,
  /** the provider answers, but takes no session */
  refused: 4,
  /** the provider took the session, and no verified data arrived */
  dead: 5,
  /** bytes arrived, but the bytes of more than f' senders did not match the senders' commitments */
  garbage: 6,
  /** nothing can be said about the provider: unreachable, senders missing, receiver's own fault */
  noData: 7,
  /**
   * the provider answers, but no data reaches the receiver, or only small datagrams do: `cause` says why. No fault of
   * the provider's is shown
   */
  noPath: 8,
} as const

export type OutcomeName = keyof typeof OUTCOME
export type OutcomeCode = (typeof OUTCOME)[OutcomeName]

export const OUTCOME_NAME = Object.fromEntries(Object.entries(OUTCOME).map(([name, code]) => [code, name])) as Record<
  number,
  OutcomeName | undefined
>

/** Why there is no path, for the outcome `noPath`. Votes are signed, so a number must never change its meaning. */
export const CAUSE = {
  none: 0,
  /** the provider's port and the receiver's are of different IP families */
  family: 1,
  /** small datagrams pass, and those of full size do not */
  pathMtu: 2,
  /** no datagram of the provider's reaches the receiver, heartbeats included */
  udpBlocked: 3,
  /** the provider refused the session, for reasons that may be the openers' fault */
  refusals: 4,
} as const

export type CauseName = keyof typeof CAUSE
export type CauseCode = (typeof CAUSE)[CauseName]

/** Rates in kbit/s at the IP layer unless named goodput; shares in basis points; times in microseconds. */
export const VOTE_FIELDS = [
  ['epoch', 'uint64'],
  ['provider', 'address'],
  ['receiver', 'uint32'], // the verifier's registry index
  ['outcome', 'uint8'],
  ['rateKbps', 'uint32'], // min(estimate, claim); in a group, the estimate; for `atLeast`, the lower bound
  ['goodputKbps', 'uint32'],
  ['lossBps', 'uint16'],
  ['jitterUs', 'uint32'],
  ['offeredKbps', 'uint32'], // sum over the senders' signed logs
  ['controlLossBps', 'uint16'],
  ['controlDelayUs', 'uint32'],
  ['directKbps', 'uint32'],
  ['unverifiableSenders', 'uint32'], // bitmap over the k senders: spoiled its part, or nothing of it was verified
  ['ticksSent', 'uint256'], // bitmap over the epoch's ticks, bit i for tick i
  ['ticksAnswered', 'uint256'],
  ['sessionId', 'bytes32'],
  ['chunkRoot', 'bytes32'],
  ['keyCommitments', 'bytes32'], // keccak256 of the k commitments in sender order
  ['receiptHead', 'bytes32'],
  ['soak', 'bool'],
  ['scheduleProof', 'bytes32'], // see `providerSchedule` in digests.ts
  ['delayUs', 'uint32'], // added by the way through the provider to the delay of the direct path, queues included
  ['link', 'bytes32'], // hash of the network that the provider's datagrams came from; zero if none came
  ['attempts', 'uint8'], // sessions that the receiver ran
  ['cause', 'uint8'], // see CAUSE
  ['sessionPeers', 'bytes32'], // keccak256 of k words: the hash of the peer id that each sender had at the provider, or zeros
  ['otherOutcome', 'uint8'], // of the session that the vote does not rest on; 0 if there was none
  ['otherKbps', 'uint32'], // its rate
  ['otherUnverifiable', 'uint32'], // its `unverifiableSenders`
  ['second', 'bool'], // the vote rests on the second session, and the other one is the first
] as const

export const VOTE_BYTES = 32 * VOTE_FIELDS.length

export type Vote = AbiRecord<typeof VOTE_FIELDS>

export const encodeVote = (vote: Vote): Uint8Array => encodeRecord(VOTE_FIELDS, vote)
export const decodeVote = (bytes: Uint8Array): Vote => decodeRecord(VOTE_FIELDS, bytes)
