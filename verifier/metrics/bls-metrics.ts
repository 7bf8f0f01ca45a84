/** What checking signatures costs a verifier. */
import type { VerifierNode } from '../node/verifier-node.js'
import { byLabel, type Metric, single } from './metric.js'

export const BLS_METRICS: readonly Metric<VerifierNode>[] = [
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_bls_verifications_total',
      help: 'BLS signatures checked, single and aggregate, by whether they are right.',
    },
    'result',
    ({ epochs }) => {
      const bls = epochs?.counts.bls
      return bls && { right: bls.verified, wrong: bls.refused }
    },
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_bls_verification_seconds_total',
      help: 'Time that the checks of BLS signatures took.',
    },
    ({ epochs }) => epochs && epochs.counts.bls.ms / 1000,
  ),
]
