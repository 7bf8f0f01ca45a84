/** The verifiers of the network. */
import { z } from 'zod'
import { address, count, listOf } from './scalars.js'

const verifierSchema = z.object({
  index: count,
  account: address,
  /** in the frozen set of the era. If not, it has announced itself, and waits for a set or has left. */
  inSet: z.boolean(),
  /** null outside the set */
  position: count.nullable(),
  capacityKbps: count.nullable(),
  /** its part in the last report; null if that report's set is without it */
  last: z.object({ balloted: z.boolean(), signed: z.boolean() }).nullable(),
  /** null where it has announced nothing. Text of its own choice: it is escaped where it is printed. */
  peerId: z.string().nullable(),
  multiaddrs: listOf(z.string()),
})
export type VerifierJson = z.infer<typeof verifierSchema>

export const verifiersSchema = z.object({
  /** of the set; 0 before the first epoch */
  era: count,
  /** of the last report; 0 before the first */
  epoch: count,
  /** ascending by index */
  items: listOf(verifierSchema),
})
