/** All metrics of a verifier. */
import type { VerifierNode } from '../node/verifier-node.js'
import { BLS_METRICS } from './bls-metrics.js'
import { CHAIN_METRICS } from './chain-metrics.js'
import { GOSSIP_METRICS } from './gossip-metrics.js'
import type { Metric } from './metric.js'
import { NODE_METRICS } from './node-metrics.js'
import { PROBE_METRICS } from './probe-metrics.js'

/** How far the clock of this machine is off, as the chain's blocks show. */
const CLOCK_METRIC: Metric<VerifierNode> = {
  kind: 'gauge',
  name: 'bandwitness_least_block_age_seconds',
  help: 'How old the newest blocks were at least when this verifier first saw them. Below zero, the clock of this machine is behind.',
  labels: [],
  read: ({ epochs }) => {
    const ageMs = epochs?.ownFaults.blockAgeMs ?? null
    return ageMs === null ? [] : [{ value: ageMs / 1000, labels: {} }]
  },
}

export const VERIFIER_METRICS: readonly Metric<VerifierNode>[] = [
  ...NODE_METRICS,
  CLOCK_METRIC,
  ...GOSSIP_METRICS,
  ...PROBE_METRICS,
  ...BLS_METRICS,
  ...CHAIN_METRICS,
]
