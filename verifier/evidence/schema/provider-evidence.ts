/** All that one provider's leaf follows from, so that anybody can compute the leaf again without the other providers. */
import { z } from 'zod'
import { paramsSchema } from '../../config/network-schema.js'
import { addressArgument, epochArgument } from './arguments.js'
import { factsSchema, networkIdSchema } from './evidence.js'
import { headerSchema, postedSchema } from './report.js'
import { address, bytes, count, hash, listOf } from './scalars.js'

export const providerEvidenceParams = z.strictObject({ epoch: epochArgument, provider: addressArgument })

/** A leaf of a tree, encoded, with its siblings up to the root. */
const provenSchema = z.object({ encoded: bytes, proof: listOf(hash) })
export type ProvenJson = z.infer<typeof provenSchema>

export const providerEvidenceSchema = z
  .object({
    provider: address,
    params: paramsSchema,
    network: networkIdSchema,
    header: headerSchema,
    headerHash: hash,
    posted: postedSchema,
    /** its providers: those that were measured together with this one, since they may share its link, and this one */
    facts: factsSchema,
    /** under the header's score root */
    leaf: provenSchema,
    /** with what is carried beside the leaf, see proto/leaf-state.ts; null if the report before has no leaf of it */
    previous: z.object({ header: headerSchema.nullable(), leaf: provenSchema.nullable() }),
    /** leaves of the facts' `linkReport`, from which the links of the facts' providers follow */
    links: z.object({ header: headerSchema.nullable(), leaves: listOf(provenSchema) }),
    /** all ballots of the report, under the header's ballot-set root */
    ballotSet: listOf(z.object({ verifier: count, root: hash })),
    /** those that hold a vote on the provider: the head of the ballot, the vote, and its way to the ballot's root */
    votes: listOf(provenSchema.extend({ verifier: count, signature: bytes, schedule: bytes })),
    /** see `Assignment.besideOf`: none unless the provider shares its link with a larger one */
    beside: listOf(count),
  })
  .refine(
    ({ facts, header, headerHash, posted }) =>
      facts.epoch === header.epoch && posted.header.epoch === header.epoch && posted.headerHash === headerHash,
    'its parts belong to different reports',
  )
export type ProviderEvidenceJson = z.infer<typeof providerEvidenceSchema>
