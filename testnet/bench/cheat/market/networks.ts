/**
 * The networks of the bench. In each, the first provider runs the exit and carries no leg. A client has two legs. So the
 * tollgate and the honest provider beside it carry one each, as long as the client wants them.
 */
import type { ClientProfile } from '../../../market/client-profiles.js'
import type { TestnetOptions } from '../../../network/options.js'

export interface CheatNetwork {
  readonly name: string
  readonly providers: readonly string[]
  readonly clients: readonly ClientProfile[]
}

export const CLAIM_KBPS = 25_000
/** As few as the protocol allows: the machine shall have time for users. */
const VERIFIERS = 4

export const NETWORKS: readonly CheatNetwork[] = [
  { name: 'tollgate', providers: ['honest', 'honest', 'tollgate'], clients: ['honest'] },
  { name: 'bills', providers: ['honest', 'honest', 'padder', 'repeater'], clients: ['honest'] },
  { name: 'clients', providers: ['honest', 'honest', 'honest'], clients: ['freeloader', 'overspender'] },
]

/** Every node is a process of its own. */
export const optionsOf = ({ providers, clients }: CheatNetwork, seed: string, epochs: number): TestnetOptions => ({
  ...{ verifiers: mixOf(new Array(VERIFIERS).fill('honest')), providers: mixOf(providers), clients, exits: 1 },
  ...{ claimKbps: CLAIM_KBPS, capacityKbps: undefined, soaks: false, strangers: 0 },
  ...{ seed, epochs, keep: false, dataDir: undefined, apiPort: 0 },
})

const mixOf = (profiles: readonly string[]) => profiles.map(profile => ({ profile, value: undefined }))
