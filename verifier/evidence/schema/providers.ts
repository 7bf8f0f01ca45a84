/** The providers: a list of them, one of them, and what the reports said of it. */
import { z } from 'zod'
import {
  addressArgument,
  choiceArgument,
  cursorArgument,
  epochNumberArgument,
  limitArgument,
  numberArgument,
  regionArgument,
  searchArgument,
} from './arguments.js'
import { outlookSchema } from './outlook.js'
import { leafSchema } from './report.js'
import { address, count, hash, listOf, wei } from './scalars.js'

/**
 * measured, unserving, unmeasured: active, by the status of its last leaf. new: active, and in no report yet. exited: it
 * takes no part any more.
 */
export const PROVIDER_STATES = ['measured', 'unserving', 'unmeasured', 'new', 'exited'] as const
const providerStateSchema = z.enum(PROVIDER_STATES)
export type ProviderState = z.infer<typeof providerStateSchema>

/** What a node announces of itself is text of its own choice: it is escaped where it is printed. */
const providerSchema = z.object({
  provider: address,
  index: count,
  state: providerStateSchema,
  /** null for a provider that has exited */
  region: hash.nullable(),
  /** 0 for a provider that has exited */
  claimKbps: count,
  /** of the claims of all active providers together */
  shareBps: count,
  /** bonded at the start of the newest epoch; 0 for a provider that has exited */
  stake: wei,
  /** the sum of the penalties that were taken */
  slashed: wei,
  /** null where it has announced nothing */
  peerId: z.string().nullable(),
  multiaddrs: listOf(z.string()),
  /** in the report that the list names; of a provider that has exited, its last leaf. null if there is none */
  leaf: leafSchema.nullable(),
})
export type ProviderJson = z.infer<typeof providerSchema>

export const PROVIDER_SORTS = [
  ...(['index', 'provider', 'claim', 'stake', 'slashed'] as const),
  ...(['score', 'rate', 'uptime', 'tier', 'breaches'] as const),
] as const
export type ProviderSort = (typeof PROVIDER_SORTS)[number]

export const providersQuery = z.strictObject({
  q: searchArgument.optional(),
  /** providers without a value come last, in both orders */
  sort: choiceArgument(PROVIDER_SORTS).default('score'),
  order: choiceArgument(['asc', 'desc'] as const).default('desc'),
  tier: numberArgument(0, 255).optional(),
  region: regionArgument.optional(),
  /** active: all but those that have exited */
  state: choiceArgument(['active', 'all', ...PROVIDER_STATES] as const).default('active'),
  limit: limitArgument(100, 1000),
  cursor: cursorArgument.optional(),
})

const regionSchema = z.object({ region: hash, providers: count, claimKbps: count })

export const providersSchema = z.object({
  /** of the report whose leaves these are; 0 and null before the first report */
  epoch: count,
  headerHash: hash.nullable(),
  /** active providers of the network, and their claims together */
  active: count,
  claimKbps: count,
  /** of the active providers, the largest claims first; at most 100 */
  regions: listOf(regionSchema),
  /** providers that pass the filters, on all pages */
  total: count,
  items: listOf(providerSchema),
  /** the `cursor` of the next page; null on the last one */
  next: z.string().nullable(),
})
export type ProvidersJson = z.infer<typeof providersSchema>

/** One penalty that was taken, or that was refuted and so is void. */
export const settlementSchema = z.object({
  ...{ epoch: count, provider: address, charged: wei, refuted: z.boolean(), txHash: hash },
})
export type SettlementJson = z.infer<typeof settlementSchema>

export const providerParams = z.strictObject({ provider: addressArgument })

/** What the score is made of: R = T · U. Its terms are those of the last leaf, in plain units. */
const scorePartsSchema = z.object({
  /** T, from 0 to 1 */
  throughput: z.number().min(0).max(1),
  /** U */
  uptimeBps: count,
  /** S and N, whose quotient is T: decayed sums over windows */
  sum: z.number().nonnegative(),
  weight: z.number().nonnegative(),
  /** decayed counts of ticks, of which U is the lower bound */
  ticksUp: z.number().nonnegative(),
  ticksTotal: z.number().nonnegative(),
})
export type ScorePartsJson = z.infer<typeof scorePartsSchema>

const bondSchema = z.object({
  active: wei,
  unbonding: wei,
  /** unix seconds from which what is unbonding can be withdrawn; null if nothing is */
  releaseAt: count.nullable(),
  free: wei,
})

export const providerPageSchema = providerSchema.extend({
  /** of the report with the leaf; 0 if there is none */
  epoch: count,
  /** its stake in the vault now */
  bond: bondSchema,
  /** null without a leaf */
  parts: scorePartsSchema.nullable(),
  /** what would change the score; null without a leaf in the last report, or if this verifier has not its evidence */
  outlook: outlookSchema.nullable(),
  /** the oldest first */
  settlements: listOf(settlementSchema),
})
export type ProviderPageJson = z.infer<typeof providerPageSchema>

export const historyQuery = z.strictObject({
  from: epochNumberArgument.optional(),
  to: epochNumberArgument.optional(),
  limit: limitArgument(200, 1000),
})

/** One provider through the accepted reports. Epochs without a report, and those without a leaf of it, are left out. */
export const historySchema = z.object({
  provider: address,
  /** the newest first */
  items: listOf(
    z.object({
      epoch: count,
      /** unix time, when the epoch began */
      startMs: count,
      txHash: hash,
      leaf: leafSchema,
      /** null while the penalty, if there is one, is not taken */
      settlement: settlementSchema.nullable(),
    }),
  ),
  /** the `to` of the next page; null on the last one */
  next: count.nullable(),
})
export type HistoryJson = z.infer<typeof historySchema>

/** `bandwitness reputation --json`: with its stake in the vault, if only one was asked for */
export const reputationSchema = listOf(providerSchema.extend({ bond: bondSchema.nullable() }))
export type ReputationJson = z.infer<typeof reputationSchema>
