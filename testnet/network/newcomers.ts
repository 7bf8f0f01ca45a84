/** Nodes that are added to a network while it runs: planned, funded, registered and started. */
import { UserError } from '../../verifier/config/errors.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { PROVIDER_PROFILES, VERIFIER_PROFILES } from '../profiles/profiles.js'
import type { ReadyNode } from './events.js'
import type { Nodes } from './nodes.js'
import type { TestnetOptions } from './options.js'
import { parseMix } from './parse-mix.js'
import { type Plan, planProvider, planVerifier } from './plan.js'
import { fundLater, joinProvider, joinVerifier, providerStake, VERIFIER_BOND } from './setup.js'

/** Those that a run prepares before its start, or ends by a plan of its own. */
const VERIFIERS = VERIFIER_PROFILES.filter(name => name !== 'late' && name !== 'twice')
const PROVIDERS = Object.entries(PROVIDER_PROFILES).filter(
  ([name, { endsAtEpoch }]) => name !== 'decoy' && endsAtEpoch === undefined,
)
const PROFILES = {
  verifier: Object.fromEntries(VERIFIERS.map(name => [name, false])),
  provider: Object.fromEntries(PROVIDERS.map(([name, { takesFraction }]) => [name, takesFraction])),
}

export interface NewcomerParts {
  readonly options: TestnetOptions
  readonly plan: Plan
  readonly directory: string
  readonly rpcUrl: string
  readonly network: NetworkFile
  /** private key of the account that holds the stake tokens */
  readonly treasury: string
  readonly nodes: Nodes
  readonly onJoined: (node: ReadyNode) => void
}

export class Newcomers {
  readonly #parts: NewcomerParts
  readonly #counts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: NewcomerParts) {
    this.#parts = parts
    this.#counts = { verifier: parts.plan.verifiers.length, provider: parts.plan.providers.length }
  }

  /** One after another, since all are paid by one account. @returns its name. @throws UserError */
  add(role: string, profile: string): Promise<string> {
    const adding = this.#last.then(() => this.#add(role, profile))
    this.#last = adding.catch(() => undefined)
    return adding
  }

  async #add(role: string, profile: string): Promise<string> {
    if (role !== 'verifier' && role !== 'provider') {
      throw new UserError('usage', `A node is a verifier or a provider, and no ${role}.`)
    }
    const rules = { option: 'profile', profiles: PROFILES[role], minimum: 1, maximum: 1 }
    const entry = parseMix(`${profile}=1`, rules)[0]!
    const { options, directory, rpcUrl, network, treasury, nodes, onJoined } = this.#parts
    const at = this.#counts[role]++ // also after a failure: its directory is in use
    if (role === 'verifier') {
      const planned = planVerifier(options, directory, entry, at)
      await fundLater(rpcUrl, network, treasury, { keys: planned.keys, stake: VERIFIER_BOND })
      onJoined(await nodes.startVerifier(planned, await joinVerifier(rpcUrl, network, planned)))
      return planned.name
    }
    const planned = planProvider(options, directory, entry, at)
    await fundLater(rpcUrl, network, treasury, { keys: planned.keys, stake: providerStake(planned.claimKbps) })
    onJoined(await nodes.startProvider(planned, await joinProvider(rpcUrl, network, planned)))
    return planned.name
  }
}
