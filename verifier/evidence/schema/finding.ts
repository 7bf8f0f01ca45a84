/** One line of a command that looks at many things: `doctor` at what a node depends on, `network check` at a chain. */
import { z } from 'zod'
import { listOf } from './scalars.js'

/**
 * good: nothing to do. warning: it works, and something may go wrong. bad: the node cannot do its work, or what it does will
 * not count; no network can run on the chain.
 */
export const gradeSchema = z.enum(['good', 'warning', 'bad'])
export type Grade = z.infer<typeof gradeSchema>

export const findingSchema = z.object({
  /** what was looked at, such as `clock` */
  subject: z.string(),
  grade: gradeSchema,
  /** what was found */
  found: z.string(),
  /** what to do, or what follows from it; null for what is good */
  advice: z.string().nullable(),
})
export type Finding = z.infer<typeof findingSchema>

/** The lines, and the worst grade among them. */
export const findingsShape = { grade: gradeSchema, findings: listOf(findingSchema) }
