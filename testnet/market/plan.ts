/** The clients and exits of a run, before anything is started. Each has a loopback address of its own. */
import { join } from 'node:path'
import { keysFromSeed, type NodeKeys } from '../../verifier/config/keys.js'
import type { ClientProfile } from './client-profiles.js'

export interface PlannedClient {
  readonly name: string
  readonly profile: ClientProfile
  readonly keys: NodeKeys
  readonly dataDir: string
  readonly log: string
  readonly host: string
}

export interface PlannedExit {
  readonly name: string
  readonly log: string
  readonly host: string
}

/** Providers of one prefix would carry one leg at most, so each has another one: see market/core/candidates.ts. */
export const providerHost = (i: number): string => `127.0.${i + 1}.1`
const clientHost = (i: number): string => `127.1.${i + 1}.1`
const exitHost = (i: number): string => `127.2.${i + 1}.1`

export const planClients = (profiles: readonly ClientProfile[], seed: string, directory: string): PlannedClient[] =>
  profiles.map((profile, i) => {
    const name = `client-${i + 1}`
    const files = { dataDir: join(directory, name), log: join(directory, `${name}.log`) }
    return { name, profile, keys: keysFromSeed(seed, name), ...files, host: clientHost(i) }
  })

export const planExits = (count: number, directory: string): PlannedExit[] =>
  Array.from({ length: count }, (_, i) => {
    const name = `exit-${i + 1}`
    return { name, log: join(directory, `${name}.log`), host: exitHost(i) }
  })
