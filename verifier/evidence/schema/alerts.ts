/** What `bandwitness provider alerts` posts to its webhook, and prints. */
import { z } from 'zod'
import { address, count, listOf } from './scalars.js'

/**
 * breach: windows below the slashing threshold that count; the third costs stake. penalty: stake that is going to be taken.
 * score, unmeasured: below what the operator named. A new member needs a sentence in market/provider/alerts/conditions.ts.
 */
const alertKindSchema = z.enum(['breach', 'penalty', 'score', 'unmeasured'])
export type AlertKind = z.infer<typeof alertKindSchema>

export const alertSchema = z.object({
  event: z.enum(['alert', 'recovery']),
  /** the same if it is posted again for the same report, since nobody knew whether it had arrived */
  id: z.string(),
  kind: alertKindSchema,
  provider: address,
  network: z.string(),
  /** of the report that shows it */
  epoch: count,
  /** one sentence for a person */
  text: z.string(),
})
export type AlertJson = z.infer<typeof alertSchema>

/** `bandwitness provider alerts --once --json` */
export const alertsSchema = z.object({
  provider: address,
  epoch: count,
  /** what holds now, whether or not it was told before */
  active: listOf(z.object({ kind: alertKindSchema, text: z.string() })),
  /** what this look told */
  told: listOf(alertSchema),
})
export type AlertsJson = z.infer<typeof alertsSchema>
