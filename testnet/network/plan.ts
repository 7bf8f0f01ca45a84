/** Every node of a run before anything is started: its name, profile, keys and directory. */
import { join } from 'node:path'
import { keysFromSeed, type NodeKeys } from '../../verifier/config/keys.js'
import { type PlannedClient, type PlannedExit, planClients, planExits, providerHost } from '../market/plan.js'
import type { ProviderProfile } from '../profiles/profile.js'
import { PROVIDER_PROFILES, type VerifierProfile } from '../profiles/profiles.js'
import type { TestnetOptions } from './options.js'
import { type MixEntry, mixName } from './parse-mix.js'

/** The default capacity of a verifier: far above any claim here, since `lanes` already limits how many sessions run at once. */
const AMPLE_CAPACITY_KBPS = 1_000_000

/** Of all nodes, as long as no client asks for providers of several prefixes. */
const HOST = '127.0.0.1'

export interface PlannedNode {
  readonly name: string
  /** as the user wrote it: `slow@0.6` */
  readonly profileName: string
  readonly keys: NodeKeys
  readonly dataDir: string
  readonly log: string
  /** loopback address */
  readonly host: string
}

export interface PlannedVerifier extends PlannedNode {
  readonly role: 'verifier'
  readonly profile: VerifierProfile
  readonly capacityKbps: number
}

export interface PlannedProvider extends PlannedNode {
  readonly role: 'provider'
  readonly profile: ProviderProfile
  /** all draws of the profile follow from it */
  readonly seed: string
  readonly claimKbps: number
  readonly deliversKbps: number
}

export interface Plan {
  readonly verifiers: readonly PlannedVerifier[]
  readonly providers: readonly PlannedProvider[]
  readonly clients: readonly PlannedClient[]
  readonly exits: readonly PlannedExit[]
}

export const planRun = (options: TestnetOptions, directory: string): Plan => ({
  verifiers: options.verifiers.map((entry, i) => planVerifier(options, directory, entry, i)),
  providers: options.providers.map((entry, i) => planProvider(options, directory, entry, i)),
  clients: planClients(options.clients, options.seed, directory),
  exits: planExits(options.exits, directory),
})

/** @param i from 0: how many verifiers the run has already */
export const planVerifier = (
  options: TestnetOptions,
  directory: string,
  entry: MixEntry,
  i: number,
): PlannedVerifier => ({
  ...planNode(options, directory, 'verifier', entry, i),
  role: 'verifier',
  profile: entry.profile as VerifierProfile,
  capacityKbps: options.capacityKbps ?? AMPLE_CAPACITY_KBPS,
})

/** @param i from 0: how many providers the run has already */
export function planProvider(options: TestnetOptions, directory: string, entry: MixEntry, i: number): PlannedProvider {
  const profile = PROVIDER_PROFILES[entry.profile]!
  const planned = planNode(options, directory, 'provider', entry, i)
  return {
    ...planned,
    ...(options.exits > 0 && { host: providerHost(i) }),
    role: 'provider',
    profile,
    seed: `${options.seed}/${planned.name}`,
    claimKbps: options.claimKbps,
    deliversKbps: profile.deliversKbps(options.claimKbps, entry.value),
  }
}

function planNode(
  { seed }: TestnetOptions,
  directory: string,
  role: 'verifier' | 'provider',
  entry: MixEntry,
  i: number,
): PlannedNode {
  const name = `${role}-${i + 1}`
  return {
    name,
    profileName: mixName(entry),
    keys: keysFromSeed(seed, name),
    dataDir: join(directory, name),
    log: join(directory, `${name}.log`),
    host: HOST,
  }
}
