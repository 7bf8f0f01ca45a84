/** What `bandwitness verifier|provider doctor --json` prints. */
import { z } from 'zod'
import { address, listOf } from './scalars.js'

/**
 * good: nothing to do. warning: the node works, and something may go wrong. bad: the node cannot do its work, or what it
 * does will not count.
 */
export const gradeSchema = z.enum(['good', 'warning', 'bad'])
export type Grade = z.infer<typeof gradeSchema>

export const findingSchema = z.object({
  /** what was looked at, such as `clock` */
  subject: z.string(),
  grade: gradeSchema,
  /** what was found */
  found: z.string(),
  /** what to do; null where there is nothing to do */
  advice: z.string().nullable(),
})
export type Finding = z.infer<typeof findingSchema>

export const doctorSchema = z.object({
  role: z.enum(['verifier', 'provider']),
  account: address,
  network: z.string(),
  /** the worst of all findings */
  grade: gradeSchema,
  findings: listOf(findingSchema),
})
export type DoctorJson = z.infer<typeof doctorSchema>
