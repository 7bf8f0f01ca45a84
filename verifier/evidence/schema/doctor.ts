/** What `bandwitness verifier|provider doctor --json` prints. */
import { z } from 'zod'
import { findingsShape } from './finding.js'
import { address } from './scalars.js'

export const doctorSchema = z.object({
  role: z.enum(['verifier', 'provider']),
  account: address,
  network: z.string(),
  ...findingsShape,
})
export type DoctorJson = z.infer<typeof doctorSchema>
