/** The providers, their last scores, and what was taken of their stakes. */
import { z } from 'zod'
import { leafSchema } from './report.js'
import { address, count, hash, listOf, wei } from './scalars.js'

/** What a node announces of itself is text of its own choice: it is escaped where it is printed. */
const providerSchema = z.object({
  provider: address,
  index: count,
  region: hash,
  claimKbps: count,
  stake: wei,
  /** null where it has announced nothing */
  peerId: z.string().nullable(),
  multiaddrs: listOf(z.string()),
  /** null before its first report */
  leaf: leafSchema.nullable(),
})
export type ProviderJson = z.infer<typeof providerSchema>

export const providersSchema = listOf(providerSchema)

/** One penalty that was taken, or that was refuted and so is void. */
export const settlementSchema = z.object({
  ...{ epoch: count, provider: address, charged: wei, refuted: z.boolean(), txHash: hash },
})
export type SettlementJson = z.infer<typeof settlementSchema>

export const settlementsSchema = listOf(settlementSchema)

/** `bandwitness reputation --json`: with the sum of what was taken. */
export const reputationSchema = listOf(providerSchema.extend({ slashed: wei }))
export type ReputationJson = z.infer<typeof reputationSchema>
