/** A provider together with its HTTP API: what the command line and the testnet start. */
import { metricsRoute } from '../../verifier/api/metrics-route.js'
import { type ApiOptions, type RunningNode, withApi } from '../../verifier/api/running-node.js'
import { PROVIDER_METRICS } from './provider-metrics.js'
import { startProviderNode } from './provider-node.js'
import type { ProviderOptions } from './provider-options.js'

export async function startProvider(options: ProviderOptions & ApiOptions): Promise<RunningNode> {
  const node = await startProviderNode(options)
  return withApi(node, options, app => {
    const { role, account, index, peerId, relay, headroom, faults, chain } = node
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
