/** A verifier together with its HTTP API and the page: what the command line and the testnet start. */
import { VERIFIER_METRICS } from '../metrics/verifier-metrics.js'
import type { VerifierOptions } from '../node/node-options.js'
import { startVerifierNode } from '../node/verifier-node.js'
import { metricsRoute } from './metrics-route.js'
import { pageFiles, pageRoutes } from './page.js'
import { type ApiOptions, factsOf, type RunningNode, withApi } from './running-node.js'
import { verifierRoutes } from './verifier-routes.js'

export async function startVerifier(options: VerifierOptions & ApiOptions): Promise<RunningNode> {
  const page = await pageFiles()
  const node = await startVerifierNode(options)
  return withApi({ ...node, facts: factsOf(node) }, options, app => {
    verifierRoutes(app, node)
    metricsRoute(app, VERIFIER_METRICS, node)
    pageRoutes(app, page)
  })
}
