/**
 * What any node can tell of the accepted reports: the providers, the epochs, the verifiers, and what happens. Answers come
 * from what the node holds, and from the chain's log, which the node reads once.
 */
import type { FastifyInstance } from 'fastify'
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import { ChainView } from './chain-view.js'
import { epochRoutes } from './epoch-routes.js'
import { EVENT_OPTIONS, type EventOptions, eventRoutes } from './event-routes.js'
import { Explainer } from './explainer.js'
import { Happenings } from './happenings.js'
import { Problem } from './problem.js'
import { ProviderEvidence } from './provider-evidence.js'
import { providerRoutes } from './provider-routes.js'
import type { ReportingNode } from './reporting-node.js'
import { type Bring, Reports } from './reports.js'
import { type AddRoute, routesOf } from './route.js'
import { Sets } from './sets.js'
import type { StandingJson } from './standing.js'
import { verifierListRoute } from './verifier-list.js'

export interface ReportModules {
  /** where the node stands now */
  readonly standing: () => StandingJson
  /** Undefined for a transcript that cannot be had. */
  readonly transcript: (sessionId: Hex) => Promise<Uint8Array | undefined>
  /** Fetches a report that the node does not hold (default: the node holds what it is ever going to). */
  readonly bring?: Bring
  readonly events?: EventOptions
}

/** What routes of one kind of node alone are made with. */
export interface Shared {
  readonly add: AddRoute
  readonly view: ChainView
  readonly reports: Reports
}

export function reportRoutes(
  app: FastifyInstance,
  node: ReportingNode,
  { standing, transcript, bring, events = EVENT_OPTIONS }: ReportModules,
): Shared {
  const add = routesOf(app)
  const view = new ChainView(node.chain)
  const reports = new Reports(node, view, bring)
  const evidence = new ProviderEvidence(node, reports.trees)
  app.addHook('onClose', () => evidence.close())
  const sets = new Sets(node.chain)
  providerRoutes(add, node, view, reports, new Explainer(evidence))
  epochRoutes(add, { node, view, reports, evidence, sets })
  verifierListRoute(add, node, view, reports, sets)
  add(ENDPOINTS.network, () => node.network)
  add(ENDPOINTS.health, () => ({ up: true }) as const)
  add(ENDPOINTS.transcript, async ({ session: sessionId }) => {
    const held = await transcript(sessionId)
    if (held !== undefined) return { sessionId, transcript: toHex(held) }
    throw new Problem(
      'not-kept',
      `No verifier that answers holds the transcript of ${sessionId}. Its receiver keeps it for the evidence period only.`,
    )
  })
  eventRoutes(app, () => new Happenings({ node, view, reports, standing }), events)
  return { add, view, reports }
}
