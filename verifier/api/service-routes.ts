/** Whether the node is of use, and the description of its API. */
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { VerifierNode } from '../node/verifier-node.js'
import type { ChainView } from './chain-view.js'
import { openApi } from './openapi.js'
import { Problem } from './problem.js'
import type { Reports } from './reports.js'
import { type AddRoute, Tagged } from './route.js'

export function serviceRoutes(add: AddRoute, node: VerifierNode, view: ChainView, reports: Reports): void {
  const description = openApi()

  add(ENDPOINTS.ready, async () => {
    const epoch = await readyEpoch(node, view, reports)
    return { ready: true, epoch } as const
  })

  add(ENDPOINTS.openApi, async () => new Tagged(description.tag, () => description.document))
}

/** @returns the epoch of the last report. @throws Problem that says why the node is of no use now */
async function readyEpoch(node: VerifierNode, view: ChainView, reports: Reports): Promise<number> {
  const fault = node.chain.health.sentence
  if (fault !== undefined) throw new Problem('not-ready', `This verifier waits for the chain: ${fault}.`)
  if (node.epochs === undefined) throw new Problem('not-ready', 'This verifier waits for the network to start.')
  const { alarm } = node.epochs.reports
  if (alarm !== undefined) throw new Problem('not-ready', `This verifier signs nothing more: ${alarm}.`)
  const newest = (await view.events()).lastPosted?.epoch ?? 0
  if (newest > 0 && (await reports.held(newest)) === undefined)
    throw new Problem('not-ready', `This verifier does not hold the report of epoch ${newest} yet. It fetches it now.`)
  return newest
}
