/** A claim that was checked. */
import { z } from 'zod'

export const checkSchema = z.object({ what: z.string(), holds: z.boolean() })
export type CheckJson = z.infer<typeof checkSchema>
