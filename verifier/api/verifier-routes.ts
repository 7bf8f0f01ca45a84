/**
 * What a verifier tells over HTTP: where it stands, the providers and epochs, and for each accepted report the evidence from
 * which anybody can compute it again. Paths and JSON shapes are those of evidence/schema/endpoints.ts. Answers come from the
 * store and from the chain's log, which the node reads once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { toHex, ZERO_HASH } from '../../proto/hex.js'
import { OpeningFault } from '../../proto/messages.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { StatusJson } from '../evidence/schema/status.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { ChainView } from './chain-view.js'
import { epochRoutes } from './epoch-routes.js'
import { EVENT_OPTIONS, type EventOptions, eventRoutes } from './event-routes.js'
import { Explainer } from './explainer.js'
import { Happenings } from './happenings.js'
import { Problem } from './problem.js'
import { providerRoutes } from './provider-routes.js'
import { Recent } from './recent.js'
import { Reports } from './reports.js'
import { type AddRoute, routesOf } from './route.js'
import { serviceRoutes } from './service-routes.js'
import { Sets } from './sets.js'
import { standingOf } from './standing.js'
import { verifierListRoute } from './verifier-list.js'

/** How long the status waits for the newest report. Then it names the last one that it knows of. */
const TIP_MS = 2000
/** However many ask for the status at once, the chain is asked twice a second at most. */
const TIP_AGE_MS = 500

export function verifierRoutes(app: FastifyInstance, node: VerifierNode, events: EventOptions = EVENT_OPTIONS): void {
  const add = routesOf(app)
  const view = new ChainView(node.chain)
  const reports = new Reports(node, view)
  const sets = new Sets(node.chain)
  const explainer = new Explainer(reports)
  app.addHook('onClose', () => explainer.close())
  statusRoute(add, node)
  sessionRoutes(add, node)
  providerRoutes(add, node, view, reports, explainer)
  epochRoutes(add, node, view, reports, sets)
  verifierListRoute(add, node, view, reports, sets)
  serviceRoutes(add, node, view, reports)
  eventRoutes(app, () => new Happenings(node, view, reports), events)
}

function statusRoute(add: AddRoute, node: VerifierNode): void {
  let tip: StatusJson['tip'] = { epoch: 0, headerHash: ZERO_HASH, blockMs: 0 }
  const looks = new Recent<void>({ most: 1, maxAgeMs: TIP_AGE_MS })
  async function lookAtTip(): Promise<StatusJson['tip']> {
    if (node.chain.health.silence !== undefined) return tip
    const look = looks.get('', () =>
      node.chain.tip().then(one => {
        tip = one
      }),
    )
    look.catch(() => undefined) // it may fail after this wait
    await Promise.race([look, pause(TIP_MS, undefined, { ref: false })])
    return tip
  }

  add(ENDPOINTS.status, async (): Promise<StatusJson> => {
    return {
      role: node.role,
      account: node.account,
      index: node.index,
      peerId: node.peerId,
      pid: process.pid,
      epoch: node.epochNow(),
      ...standingOf(node),
      missed: node.epochs?.missed ?? null,
      faults: node.epochs?.faults ?? [],
      blockAgeMs: node.epochs?.ownFaults.blockAgeMs ?? null,
      tip: await lookAtTip(),
      chain: { fault: node.chain.health.sentence ?? null, pending: node.chain.pending },
      peers: node.connections(),
      offenders: node.offenders(),
      udp: node.udp,
      openings: node.epochs?.serving.openings ?? null,
    }
  })

  add(ENDPOINTS.network, () => node.network)
}

function sessionRoutes(add: AddRoute, node: VerifierNode): void {
  add(ENDPOINTS.transcript, async ({ session: sessionId }) => {
    const transcript = await node.epochs?.peers.transcript(sessionId)
    if (transcript !== undefined) return { sessionId, transcript: toHex(transcript) }
    throw new Problem(
      'not-kept',
      `No verifier that answers holds the transcript of ${sessionId}. Its receiver keeps it for the evidence period only.`,
    )
  })

  add(ENDPOINTS.openingFaults, async () =>
    (await node.store.openingFaults()).map(fault => ({
      sessionId: toHex(fault.sessionId),
      epoch: fault.epoch,
      receiver: fault.receiver,
      reason: fault.reason,
      evidence: toHex(OpeningFault.encode(fault)),
    })),
  )
}
