/**
 * The networks of the bench. In each, the first provider runs the exit and carries no leg. A client has two legs. So the
 * tollgate and the honest provider beside it carry one each, as long as the client wants them.
 */
import type { ClientProfile } from '../../../market/client-profiles.js'

export interface CheatNetwork {
  readonly name: string
  readonly providers: string
  readonly clients: readonly ClientProfile[]
}

export const NETWORKS: readonly CheatNetwork[] = [
  { name: 'tollgate', providers: 'honest=2,tollgate=1', clients: ['honest'] },
  { name: 'bills', providers: 'honest=2,padder=1,repeater=1', clients: ['honest'] },
  { name: 'clients', providers: 'honest=3', clients: ['freeloader', 'overspender'] },
]
