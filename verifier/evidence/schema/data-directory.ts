/** What the commands on a node's data directory print. */
import { z } from 'zod'
import { address, count, hash } from './scalars.js'

/** `bandwitness verifier|provider init --json` */
export const initSchema = z.object({ role: z.enum(['verifier', 'provider']), account: address, dataDir: z.string() })
export type InitJson = z.infer<typeof initSchema>

/** `bandwitness verifier|provider register --json` */
export const registrationSchema = z.object({
  role: z.enum(['verifier', 'provider']),
  account: address,
  index: count,
  withdrawalAddress: address,
})
export type RegistrationJson = z.infer<typeof registrationSchema>

/** `bandwitness verifier record export --json` */
export const recordCopySchema = z.object({ file: z.string(), entries: count, seal: hash })
export type RecordCopyJson = z.infer<typeof recordCopySchema>
