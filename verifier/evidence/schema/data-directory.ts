/** What the commands on a node's data directory print. */
import { z } from 'zod'
import { address, count, hash } from './scalars.js'

/** `bandwitness verifier|provider|client init --json` */
export const initSchema = z.object({
  role: z.enum(['verifier', 'provider', 'client']),
  account: address,
  dataDir: z.string(),
})
export type InitJson = z.infer<typeof initSchema>

/** `bandwitness verifier|provider register --json` */
export const registrationSchema = z.object({
  role: z.enum(['verifier', 'provider']),
  account: address,
  index: count,
  withdrawalAddress: address,
})
export type RegistrationJson = z.infer<typeof registrationSchema>

const settingSchema = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]),
  source: z.enum(['flag', 'environment', 'file', 'network', 'default', 'unset']),
  /** the flag, the variable or the file */
  place: z.string().nullable(),
})
export type SettingJson = z.infer<typeof settingSchema>

/** `bandwitness config show verifier|provider --json` */
export const configSchema = z.object({ role: z.enum(['verifier', 'provider']), settings: z.array(settingSchema) })
export type ConfigJson = z.infer<typeof configSchema>

/** `bandwitness keys encrypt --json` */
export const keysSchema = z.object({ account: address, file: z.string() })
export type KeysJson = z.infer<typeof keysSchema>

/** `bandwitness verifier record export --json` */
export const recordCopySchema = z.object({ file: z.string(), entries: count, seal: hash })
export type RecordCopyJson = z.infer<typeof recordCopySchema>

/** `bandwitness verifier record import --json`; `added` of the `entries` of the file were new */
export const recordImportSchema = z.object({ file: z.string(), entries: count, added: count })
export type RecordImportJson = z.infer<typeof recordImportSchema>
