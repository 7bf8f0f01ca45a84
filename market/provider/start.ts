/** A provider together with its HTTP API and the page: what the command line and the testnet start. */
import { metricsRoute } from '../../verifier/api/metrics-route.js'
import { pageFiles, pageRoutes } from '../../verifier/api/page.js'
import { reportRoutes } from '../../verifier/api/report-routes.js'
import { type ApiOptions, factsOf, type RunningNode, withApi } from '../../verifier/api/running-node.js'
import { PROVIDER_METRICS } from './provider-metrics.js'
import { startProviderNode } from './provider-node.js'
import type { ProviderOptions } from './provider-options.js'

export async function startProvider(options: ProviderOptions & ApiOptions): Promise<RunningNode> {
  const page = await pageFiles()
  const node = await startProviderNode(options)
  return withApi({ ...node, facts: factsOf(node) }, options, app => {
    const { role, account, index, peerId, relay, headroom, faults, chain } = node
    const { node: reporting, bring, transcript } = node.reports
    const standing = () => {
      const sentences = [...faults(), chain.health.sentence].filter(sentence => sentence !== undefined)
      return { state: 'serving', sentence: ['taking sessions', ...sentences].join('; ') }
    }
    reportRoutes(app, reporting, { standing, bring, transcript })
    pageRoutes(app, page)
    metricsRoute(app, PROVIDER_METRICS, node)
    app.get('/v1/status', async () => ({
      role,
      account,
      index,
      peerId,
      pid: process.pid,
      faults: faults(),
      chain: { fault: chain.health.sentence ?? null, pending: chain.pending },
      udp: relay.facts,
      relay: relay.stats,
      headroom: { ...headroom.counts, latest: headroom.latest ?? null },
    }))
  })
}
