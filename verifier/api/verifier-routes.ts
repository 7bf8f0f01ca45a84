/**
 * What a verifier tells over HTTP: where it stands, the providers and epochs, and for each accepted report the evidence from
 * which anybody can compute it again. Paths and JSON shapes are those of evidence/schema/endpoints.ts. Answers come from the
 * store and from the chain's log, which the node reads once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { OpeningFault } from '../../proto/messages.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { StatusJson } from '../evidence/schema/status.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { EVENT_OPTIONS, type EventOptions } from './event-routes.js'
import { Recent } from './recent.js'
import { reportRoutes } from './report-routes.js'
import type { AddRoute } from './route.js'
import { serviceRoutes } from './service-routes.js'
import { standingOf } from './standing.js'

/** How long the status waits for the newest report. Then it names the last one that it knows of. */
const TIP_MS = 2000
/** However many ask for the status at once, the chain is asked twice a second at most. */
const TIP_AGE_MS = 500

export function verifierRoutes(app: FastifyInstance, node: VerifierNode, events: EventOptions = EVENT_OPTIONS): void {
  const standing = () => standingOf(node)
  const transcript = async (sessionId: Hex) => node.epochs?.peers.transcript(sessionId)
  const { add, view, reports } = reportRoutes(app, node, { standing, transcript, events })
  statusRoute(add, node)
  serviceRoutes(add, node, view, reports)
  openingFaultsRoute(add, node)
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
}

function openingFaultsRoute(add: AddRoute, { store }: Pick<VerifierNode, 'store'>): void {
  add(ENDPOINTS.openingFaults, async () =>
    (await store.openingFaults()).map(fault => ({
      sessionId: toHex(fault.sessionId),
      epoch: fault.epoch,
      receiver: fault.receiver,
      reason: fault.reason,
      evidence: toHex(OpeningFault.encode(fault)),
    })),
  )
}
