/** What accounts have earned, how it follows from signed votes, and claims of it. */
import { z } from 'zod'
import { checkSchema } from './checks.js'
import { headerSchema } from './report.js'
import { address, count, hash, listOf, wei } from './scalars.js'

/** All that an account has earned since the network began. */
const rewardSchema = z.object({ account: address, cumulative: wei })

/** The rewards that a report shows. */
export const rewardsSchema = z.object({
  header: headerSchema,
  headerHash: hash,
  /** ascending by account */
  rewards: listOf(rewardSchema),
})
export type RewardsJson = z.infer<typeof rewardsSchema>

const verifierPart = z.object({
  index: count,
  balloted: z.boolean(),
  signed: z.boolean(),
  caught: z.boolean(),
  received: count,
  sent: count,
  points: count,
  /** of the whole set, if all of it earned its points in full */
  mostPoints: count,
  earned: wei,
})

const providerPart = z.object({
  scoreBps: count,
  paidKbps: count,
  claimKbps: count,
  /** of all providers together, at the full score */
  claimedKbps: count,
  earned: wei,
})

const epochPart = z.object({
  epoch: count,
  /** the epoch whose work is paid; null if it has no report */
  paidEpoch: count.nullable(),
  /** what the report may give out, one half to verifiers and one to providers */
  budget: wei,
  /** null for an account that was none */
  verifier: verifierPart.nullable(),
  provider: providerPart.nullable(),
  earned: wei,
  cumulative: wei,
})
export type RewardEpochJson = z.infer<typeof epochPart>

/** `bandwitness explain --rewards --json` */
export const rewardsExplanationSchema = z.object({
  account: address,
  epoch: count,
  cumulative: wei,
  rewardsRoot: hash,
  /** from the account's leaf up to the root; null while it has earned nothing */
  proof: listOf(hash).nullable(),
  /** null if the chain was not asked */
  claimed: wei.nullable(),
  /** the newest first */
  epochs: listOf(epochPart),
  /** earned before the oldest of these epochs */
  before: wei,
  checks: listOf(checkSchema),
})
export type RewardsExplanationJson = z.infer<typeof rewardsExplanationSchema>

/** `bandwitness rewards claim --json` */
export const claimSchema = z.object({
  account: address,
  /** of the report that shows the rewards */
  epoch: count,
  /** paid by this claim; zero if there was nothing new */
  amount: wei,
  cumulative: wei,
  txHash: hash.nullable(),
})
export type ClaimJson = z.infer<typeof claimSchema>
