/** A request to every endpoint of the API of the sample node that has an answer. */

import { ENDPOINTS, type Endpoint, urlOf } from '../../evidence/schema/endpoints.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { SESSION } from './sample-node.js'

type Name = keyof typeof ENDPOINTS

export const REQUESTS: Partial<Record<Name, Record<string, unknown>>> = {
  providers: { q: '0x', sort: 'claim', order: 'asc', tier: 0, state: 'all', limit: 5 },
  provider: { provider: PROVIDER },
  explanation: { provider: PROVIDER, epoch: 2 },
  history: { provider: PROVIDER, from: 1, to: 2, limit: 1 },
  epochs: { limit: 2, cursor: 2 },
  epoch: { epoch: 2 },
  leaves: { epoch: 'latest' },
  ballots: { epoch: 2, verifier: 1, provider: PROVIDER },
  evidence: { epoch: 2 },
  providerEvidence: { epoch: 2, provider: PROVIDER },
  rewards: { epoch: 2 },
  proof: { provider: PROVIDER, epoch: 1 },
  transcript: { session: SESSION },
}

export const ALL = Object.entries(ENDPOINTS) as [Name, Endpoint][]
export const pathOf = (name: Name): string => urlOf(ENDPOINTS[name], REQUESTS[name])
