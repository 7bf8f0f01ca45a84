/** The epochs: a list of them, one of them, and the ballots that were cast in it. */
import { z } from 'zod'
import { VOTE_FIELDS } from '../../../proto/vote.js'
import { addressArgument, epochArgument, epochNumberArgument, limitArgument, numberArgument } from './arguments.js'
import { outcomeSchema } from './explanation.js'
import { settlementSchema } from './providers.js'
import { postedSchema } from './report.js'
import { address, bytes, count, hash, listOf, recordOf } from './scalars.js'

export const epochParams = z.strictObject({ epoch: epochArgument })

export const epochsQuery = z.strictObject({
  limit: limitArgument(50, 200),
  /** the newest epoch of the page */
  cursor: epochNumberArgument.optional(),
})

/**
 * measuring: it is now. agreeing: it is over, and its report may still come. certified: the chain has its report, and this
 * verifier holds it. unheld: the chain has its report, which this verifier does not hold. missed: it has no report.
 */
const epochStateSchema = z.enum(['measuring', 'agreeing', 'certified', 'unheld', 'missed'])
export type EpochState = z.infer<typeof epochStateSchema>

const epochSchema = z.object({
  epoch: count,
  era: count,
  /** unix time */
  startMs: count,
  endMs: count,
  state: epochStateSchema,
  /** with the size of the frozen set and of the ballot set; null unless the epoch is certified */
  report: postedSchema.extend({ verifiers: count, ballots: count }).nullable(),
})
export type EpochJson = z.infer<typeof epochSchema>

export const epochsSchema = z.object({
  /** the newest first */
  items: listOf(epochSchema),
  /** the `cursor` of the next page; null on the last one */
  next: count.nullable(),
})

const signerSchema = z.object({
  /** in the frozen set */
  position: count,
  index: count,
  account: address,
  signed: z.boolean(),
  /** root of its ballot; null if the ballot set has none of it */
  ballotRoot: hash.nullable(),
})

const epochReportSchema = z.object({
  /** ascending by position */
  signers: listOf(signerSchema),
  /** how many providers have a leaf of each status */
  providers: z.object({ measured: count, unserving: count, unmeasured: count }),
  /** leaves with a penalty */
  penalties: listOf(
    z.object({
      provider: address,
      penaltyBps: count,
      /** null while the penalty is not taken */
      settlement: settlementSchema.nullable(),
    }),
  ),
})

export const epochPageSchema = epochSchema.extend({
  /** why an epoch has no report, as far as this verifier knows; null otherwise */
  sentence: z.string().nullable(),
  /** null unless the epoch is certified */
  detail: epochReportSchema.nullable(),
})
export type EpochPageJson = z.infer<typeof epochPageSchema>

export const ballotsQuery = z.strictObject({
  /** registry index of the only verifier to show */
  verifier: numberArgument(0, 999_999_999).optional(),
  /** the only provider whose votes to show */
  provider: addressArgument.optional(),
})

/** A vote as it was signed, with names for its outcomes. The bitmaps of ticks are hexadecimal, bit i for tick i. */
const voteRecordSchema = recordOf(VOTE_FIELDS).extend({
  outcome: outcomeSchema,
  otherOutcome: outcomeSchema,
  ticksSent: hash,
  ticksAnswered: hash,
})
export type VoteRecordJson = z.infer<typeof voteRecordSchema>

/** The ballot set of a report, ascending by verifier. */
export const ballotsSchema = z.object({
  epoch: count,
  headerHash: hash,
  ballotSetRoot: hash,
  ballots: listOf(
    z.object({
      /** registry index */
      verifier: count,
      /** root of all its votes */
      root: hash,
      signature: bytes,
      /** all of them, shown or not */
      votesCast: count,
      votes: listOf(voteRecordSchema),
    }),
  ),
})
export type BallotsJson = z.infer<typeof ballotsSchema>
