/** What Prometheus reads of a node. */
import type { FastifyInstance } from 'fastify'
import { type Metric, registryOf } from '../metrics/metric.js'

const PATH = '/metrics'

export function metricsRoute<S>(app: FastifyInstance, metrics: readonly Metric<S>[], source: S): void {
  const registry = registryOf(metrics, source)
  app.get(PATH, async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()))
}
