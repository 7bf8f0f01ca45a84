/** The verifiers of the network: the set of the era, and all that have announced themselves. */
import { eraOf } from '../../proto/epoch.js'
import type { FrozenVerifier } from '../core/facts.js'
import type { Announcement } from '../core/ports.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { VerifierJson } from '../evidence/schema/verifiers.js'
import type { ChainView } from './chain-view.js'
import type { ReportingNode } from './reporting-node.js'
import type { Accepted, Reports } from './reports.js'
import type { AddRoute } from './route.js'
import type { Sets } from './sets.js'

export function verifierListRoute(
  add: AddRoute,
  node: ReportingNode,
  view: ChainView,
  reports: Reports,
  sets: Sets,
): void {
  add(ENDPOINTS.verifiers, async () => {
    const events = await view.events()
    const era = node.clock === undefined ? 0 : Math.max(0, eraOf(node.clock, node.epochNow()))
    const last = await reports.held(events.lastPosted?.epoch ?? 0)
    const set = era === 0 ? [] : await sets.of(era)
    const lastSet = last === undefined ? [] : await sets.of(last.header.era)
    const announced = events.announcements().filter(({ role }) => role === 'verifier')
    const known = new Map<number, VerifierJson>()
    for (const { index, account } of [...announced, ...lastSet, ...set])
      known.set(index, {
        ...{ index, account },
        ...placeOf(set.find(one => one.index === index)),
        last: partOf(
          lastSet.find(one => one.index === index),
          last,
        ),
        ...addressOf(announced.find(one => one.index === index)),
      })
    const items = [...known.values()].sort((a, b) => a.index - b.index)
    return { era, epoch: last?.header.epoch ?? 0, items }
  })
}

const placeOf = (member: FrozenVerifier | undefined) => ({
  inSet: member !== undefined,
  position: member?.position ?? null,
  capacityKbps: member?.capacityKbps ?? null,
})

function partOf(member: FrozenVerifier | undefined, report: Accepted | undefined): VerifierJson['last'] {
  if (member === undefined || report === undefined) return null
  return {
    balloted: report.ballots.some(({ verifier }) => verifier === member.index),
    signed: !report.posted.nonSigners.includes(member.position),
  }
}

const addressOf = (announced: Announcement | undefined) => ({
  peerId: announced?.peerId ?? null,
  multiaddrs: announced?.multiaddrs ?? [],
})
