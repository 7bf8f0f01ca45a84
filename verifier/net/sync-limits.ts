/**
 * The most that an honest peer can answer to a sync request. A client refuses whatever is longer or more, so that one
 * message which names what nobody holds cannot fill its memory.
 */
import { INDEX_ENTRY_BYTES, INDEX_PART_ENTRIES } from '../../proto/ballot-index.js'
import { maxLeafStateBytes } from '../../proto/leaf-state.js'
import { BALLOT_HEAD_BYTES, GossipItem, MAX_VERIFIERS, Transcript } from '../../proto/messages.js'
import type { NetworkParams } from '../../proto/params.js'
import { REWARD_BYTES } from '../../proto/reward.js'
import { VOTE_BYTES } from '../../proto/vote.js'

export interface AnswerLimits {
  readonly items: number
  /** of each item */
  readonly itemBytes: number
}

/**
 * Head and index of a ballot, and never more bytes than one item of them: the index's parts have the same limit.
 * A verifier has at most one vote on each provider of the epoch.
 */
export const ballotLimits = (providers: number): AnswerLimits => ({
  items: 1 + Math.ceil(providers / INDEX_PART_ENTRIES),
  itemBytes: Math.max(BALLOT_HEAD_BYTES, Math.min(providers, INDEX_PART_ENTRIES) * INDEX_ENTRY_BYTES),
})

/** @param votes of the part */
export const partLimits = (votes: number): AnswerLimits => ({ items: 1, itemBytes: votes * VOTE_BYTES })

/** The head of one ballot of each verifier of the frozen set. */
export const BALLOT_SET_LIMITS: AnswerLimits = { items: MAX_VERIFIERS, itemBytes: BALLOT_HEAD_BYTES }

/** @param providers as the header counts them: one leaf each */
export const leavesLimits = (providers: number, { receivers }: Pick<NetworkParams, 'receivers'>): AnswerLimits => ({
  items: providers,
  itemBytes: maxLeafStateBytes(Math.min(receivers, MAX_VERIFIERS)),
})

/**
 * No header counts the accounts that ever earned, and those that left stay. So: 100,000 providers and 191 verifiers, four
 * times over. 38 MB in all.
 */
export const REWARDS_LIMITS: AnswerLimits = { items: 4 * (100_000 + MAX_VERIFIERS), itemBytes: REWARD_BYTES }

export const TRANSCRIPT_LIMITS: AnswerLimits = { items: 1, itemBytes: Transcript.maxBytes }

/**
 * Of what a verifier signs, nodes keep two contradicting messages at most. Once an epoch: commitment, ballot (with its votes
 * and without) and seen list. In each round: a signature, the leader's proposal, and certificates with ever fewer
 * non-signers. The client handles one item after the other and keeps none.
 */
export const gossipLimits = (verifiers: number, rounds: number): AnswerLimits => ({
  items: verifiers * (2 + 4 + 2) + rounds * (2 * verifiers + 2 + verifiers),
  itemBytes: GossipItem.maxBytes,
})
