/** Transcripts: as a verifier serves them, as they are saved, and what a check of one finds. */
import { z } from 'zod'
import { checkSchema } from './checks.js'
import { outcomeSchema } from './explanation.js'
import { address, bytes, count, hash, listOf } from './scalars.js'

export const transcriptSchema = z.object({ sessionId: hash, transcript: bytes })

/** Openings that a receiver signed and that do not hold. */
export const openingFaultsSchema = listOf(
  z.object({ sessionId: hash, epoch: count, receiver: count, reason: z.string(), evidence: bytes }),
)

/** `bandwitness transcript --json` */
export const savedTranscriptSchema = z.object({ sessionId: hash, file: z.string(), bytes: count })
export type SavedTranscriptJson = z.infer<typeof savedTranscriptSchema>

const checkedTranscriptSchema = z.object({
  sessionId: hash,
  network: z.object({ chainId: count, contract: address }),
  epoch: count,
  provider: address,
  receiver: count,
  claimKbps: count,
  outcome: outcomeSchema,
  /** the receiver's own word for it, where it has one */
  reason: z.string().nullable(),
  rateKbps: count,
  offeredKbps: count,
  senders: listOf(
    z.object({
      /** -1 where the session names no sender for the slot */
      verifier: z.int().min(-1),
      peer: z.string(),
      /** of the provider */
      answer: z.string(),
      /** whether the sender revealed its key */
      revealed: z.boolean(),
      /** datagrams */
      arrived: count,
      verified: count,
      /** IP-layer bytes of the last receipt that holds */
      receiptBytes: count.nullable(),
    }),
  ),
  checks: listOf(checkSchema),
})
export type CheckedTranscript = z.infer<typeof checkedTranscriptSchema>

/** `bandwitness verify-transcript --json` */
export const verifiedTranscriptSchema = checkedTranscriptSchema.extend({
  /** whether the chain was asked who took part */
  askedChain: z.boolean(),
})
export type VerifiedTranscriptJson = z.infer<typeof verifiedTranscriptSchema>
