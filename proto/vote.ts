/** A vote: one verifier's measurement of one provider in one epoch, a leaf of its ballot that a contract can open. */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'

/**
 * What came of a session. The numbers are signed and must never change their meaning.
 * A new member must be handled in `verifier/core/vote.ts` (from the probe), `verifier/core/certify.ts` (what it counts
 * as) and `verifier/cli/explain.ts` (what a person reads).
 */
export const OUTCOME = {
  /** measured, at or above the slashing threshold */
  verified: 1,
  /** measured below the slashing threshold, with the evidence that a low vote needs */
  under: 2,
  /** "at least x": something other than the provider may have been the limit; can raise a score, never slash */
  atLeast: 3,
  /** the provider answers, but takes no session */
  refused: 4,
  /** the provider took the session, nothing verified arrived */
  dead: 5,
  /** bytes arrived, but those of more than f' senders were not what they had committed to */
  garbage: 6,
  /** nothing can be said about the provider: unreachable, senders missing, receiver's own fault */
  noData: 7,
} as const

export type OutcomeName = keyof typeof OUTCOME
export type OutcomeCode = (typeof OUTCOME)[OutcomeName]

export const OUTCOME_NAME = Object.fromEntries(Object.entries(OUTCOME).map(([name, code]) => [code, name])) as Record<
  number,
  OutcomeName | undefined
>

/** Rates in kbit/s at the IP layer unless named goodput; shares in basis points; times in microseconds. */
export const VOTE_FIELDS = [
  ['epoch', 'uint64'],
  ['provider', 'address'],
  ['receiver', 'uint32'], // the verifier's registry index
  ['outcome', 'uint8'],
  ['rateKbps', 'uint32'], // min(estimate, claim), in a group the estimate; for `atLeast` the x
  ['goodputKbps', 'uint32'],
  ['lossBps', 'uint16'],
  ['jitterUs', 'uint32'],
  ['offeredKbps', 'uint32'], // what the senders' signed logs sum to
  ['controlLossBps', 'uint16'],
  ['controlDelayUs', 'uint32'],
  ['directKbps', 'uint32'],
  ['unverifiableSenders', 'uint32'], // bitmap over the k senders
  ['ticksSent', 'uint256'], // bitmap over the epoch's ticks, bit i for tick i
  ['ticksAnswered', 'uint256'],
  ['sessionId', 'bytes32'],
  ['chunkRoot', 'bytes32'],
  ['keyCommitments', 'bytes32'], // keccak256 of the k commitments in sender order
  ['receiptHead', 'bytes32'],
  ['soak', 'bool'],
  ['scheduleProof', 'bytes32'], // see `providerSchedule` in digests.ts
] as const

export type Vote = AbiRecord<typeof VOTE_FIELDS>

export const encodeVote = (vote: Vote): Uint8Array => encodeRecord(VOTE_FIELDS, vote)
export const decodeVote = (bytes: Uint8Array): Vote => decodeRecord(VOTE_FIELDS, bytes)
