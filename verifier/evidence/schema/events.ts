/** What a verifier tells as it happens, by server-sent events: the name of an event is its `event`, its data the whole. */
import { z } from 'zod'
import { settlementSchema } from './providers.js'
import { count, hash } from './scalars.js'

export const eventSchema = z.discriminatedUnion('event', [
  /** where the verifier stands, as in its status; the first one comes at once */
  z.object({ event: z.literal('phase'), epoch: z.int(), state: z.string(), sentence: z.string() }),
  /** the chain has accepted a report, which this verifier holds */
  z.object({ event: z.literal('report'), epoch: count, headerHash: hash, txHash: hash }),
  z.object({ event: z.literal('settlement'), settlement: settlementSchema }),
])
export type EventJson = z.infer<typeof eventSchema>
