/** What the commands on a registered account's stake print. */
import { z } from 'zod'
import { address, count, hash, wei } from './scalars.js'
import { statusSchema } from './status.js'

const role = z.enum(['verifier', 'provider'])

/** `bandwitness verifier|provider exit --json` */
export const exitSchema = z.object({
  role,
  account: address,
  index: count,
  txHash: hash,
  unbonding: wei,
  /** unix seconds; null for a verifier that serves until a freeze leaves it out */
  releaseAt: count.nullable(),
})
export type ExitJson = z.infer<typeof exitSchema>

/** `bandwitness verifier|provider withdraw --json` */
export const withdrawalSchema = z.object({ role, account: address, amount: wei, to: address, txHash: hash })
export type WithdrawalJson = z.infer<typeof withdrawalSchema>

/** `bandwitness verifier|provider top-up --json` */
export const topUpSchema = z.object({ role, account: address, index: count, active: wei, txHash: hash })
export type TopUpJson = z.infer<typeof topUpSchema>

/** `bandwitness verifier capacity --json` */
export const capacitySchema = z.object({ account: address, index: count, capacityKbps: count, txHash: hash })
export type CapacityJson = z.infer<typeof capacitySchema>

/** `bandwitness provider claim --json` */
export const claimChangeSchema = z.object({
  account: address,
  index: count,
  claimKbps: count,
  /** unix seconds, from which the chain holds the claim: a lower one after a delay. It counts from a window an epoch later. */
  effectiveAt: count,
  txHash: hash,
})
export type ClaimChangeJson = z.infer<typeof claimChangeSchema>

const stakeSchema = z.object({
  active: wei,
  unbonding: wei,
  /** unix seconds; null if nothing is unbonding */
  releaseAt: count.nullable(),
  free: wei,
  withdrawalAddress: address,
})

/** `bandwitness verifier status --json` */
export const verifierStandingSchema = z.object({
  network: z.string(),
  account: address,
  /** null for an account that is not registered */
  index: count.nullable(),
  stake: stakeSchema,
  /** null before the network has started */
  era: count.nullable(),
  isMember: z.boolean(),
  members: count,
  /** `earned` is null if no node answers */
  rewards: z.object({ earned: wei.nullable(), claimed: wei }),
  /** what the running node says; null if none of this account answers */
  node: statusSchema.nullable(),
})
export type VerifierStandingJson = z.infer<typeof verifierStandingSchema>
