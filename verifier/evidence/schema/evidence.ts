/** All that an epoch's report follows from, so that anybody can compute it again. */
import { z } from 'zod'
import { paramsSchema } from '../../config/network-schema.js'
import type { ChainFacts } from '../../core/facts.js'
import { headerSchema, postedSchema } from './report.js'
import { address, bytes, count, hash, listOf, wei } from './scalars.js'

export const networkIdSchema = z.object({ chainId: count, contract: address })

const reportId = z.object({ epoch: count, headerHash: hash })

/** What the chain says at B(e). */
export const factsSchema = z.object({
  era: count,
  epoch: count,
  blockNumber: count,
  blockHash: hash,
  beacon: hash,
  windowBeacon: hash,
  linkReport: reportId,
  paidReport: reportId.extend({
    nonSigners: listOf(count),
    reveals: listOf(z.object({ provider: address, firstEpoch: count, lastEpoch: count, seed: hash })),
    covered: listOf(reportId),
  }),
  rewardsFunded: wei,
  verifiers: listOf(z.object({ index: count, position: count, account: address, blsKey: bytes, capacityKbps: count })),
  providers: listOf(
    z.object({
      ...{ index: count, account: address, claimKbps: count, region: hash, link: hash, stake: wei },
      ...{ inWindow: z.boolean(), active: z.boolean() },
    }),
  ),
})

export const evidenceSchema = z
  .object({
    params: paramsSchema,
    network: networkIdSchema,
    facts: factsSchema,
    /** its leaves with what is carried beside them, see proto/leaf-state.ts; epoch 0 and no leaves for the first */
    previous: z.object({ epoch: count, headerHash: hash, leaves: listOf(bytes) }),
    /** leaves of the facts' `linkReport`, from which the links follow */
    linkLeaves: listOf(bytes),
    ballots: listOf(bytes),
    header: headerSchema,
    headerHash: hash,
    /** as the verifier has them; whoever computes them again does not need them */
    leaves: listOf(bytes),
    posted: postedSchema,
  })
  .refine(
    ({ facts, header, headerHash, posted }) =>
      facts.epoch === header.epoch && posted.header.epoch === header.epoch && posted.headerHash === headerHash,
    'its parts belong to different reports',
  )
export type EvidenceJson = z.infer<typeof evidenceSchema>

export const factsJson = (facts: ChainFacts): EvidenceJson['facts'] => ({
  ...facts,
  rewardsFunded: facts.rewardsFunded.toString(),
  providers: facts.providers.map(one => ({ ...one, stake: one.stake.toString() })),
})

export const factsFromJson = (facts: EvidenceJson['facts']): ChainFacts => ({
  ...facts,
  rewardsFunded: BigInt(facts.rewardsFunded),
  providers: facts.providers.map(provider => ({ ...provider, stake: BigInt(provider.stake) })),
})
