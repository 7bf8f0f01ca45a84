/** `bandwitness explain --json`: every step from the votes to the tokens. */
import { z } from 'zod'
import { OUTCOME, type OutcomeName } from '../../../proto/vote.js'
import { checkSchema } from './checks.js'
import { outlookSchema } from './outlook.js'
import { settlementSchema } from './providers.js'
import { leafSchema, postedSchema } from './report.js'
import { address, count, hash, listOf } from './scalars.js'

export const outcomeSchema = z.enum(Object.keys(OUTCOME) as [OutcomeName, ...OutcomeName[]]).nullable()

const soakVoteSchema = z.object({ receiver: count, epoch: count, rateKbps: count })

/** What the members of a group read at once, and the sum that each of them counts with. */
const groupSchema = z.object({ verifiers: listOf(count), ratesKbps: listOf(count), sumKbps: count })

const voteSchema = z.object({
  verifier: count,
  /** null where no session ran */
  sessionId: hash.nullable(),
  outcome: outcomeSchema,
  /** sessions that the verifier ran; a low vote needs two */
  attempts: count,
  rateKbps: count.nullable(),
  offeredKbps: count.nullable(),
  lossBps: count.nullable(),
  jitterUs: count.nullable(),
  /** added by the way through the provider to the direct path, standing queues included */
  delayUs: count.nullable(),
  controlLossBps: count.nullable(),
  controlDelayUs: count.nullable(),
  directKbps: count.nullable(),
  ticksSent: count,
  ticksAnswered: count,
  counted: z.enum(['rate', 'under', 'at-least', 'ignored', 'missing']),
  why: z.string(),
  /** null for a verifier that measured alone */
  group: groupSchema.nullable(),
})
export type VoteJson = z.infer<typeof voteSchema>

export const explanationSchema = z.object({
  provider: address,
  epoch: count,
  leaf: leafSchema,
  previousLeaf: leafSchema.nullable(),
  previousEpoch: count,
  /** the epochs of the window; `ended` if this report tallies it. Else its votes wait, and the score is that of the last window */
  window: z.object({ firstEpoch: count, lastEpoch: count, ended: z.boolean() }),
  /** one for every verifier whose session was due in this epoch, ascending */
  votes: listOf(voteSchema),
  quorum: z.object({ assigned: count, faults: count, needed: count, usable: count }),
  soak: z.object({
    /** sessions of this epoch whose votes count */
    sessions: count,
    /** those of them that were soaks */
    soaks: count,
    limitKbps: count.nullable(),
    /** in force, whenever they were cast */
    votes: listOf(soakVoteSchema),
  }),
  /** what the line carried beside a neighbour's larger group; null if there was none */
  besideLimitKbps: count.nullable(),
  /** votes below the slashing threshold */
  belowThreshold: count,
  thresholdKbps: z.number().nonnegative(),
  ticks: z.object({ up: count, total: count }),
  commonFailure: z.boolean(),
  maxPenaltyBps: count,
  /** windows until a window's weight has halved */
  halfLifeWindows: count.min(1),
  outlook: outlookSchema,
  certificate: postedSchema.omit({ header: true }).extend({ verifiers: count }),
  /** null while the penalty, if there is one, is not taken */
  settlement: settlementSchema.nullable(),
  checks: listOf(checkSchema),
})
export type ExplanationJson = z.infer<typeof explanationSchema>
