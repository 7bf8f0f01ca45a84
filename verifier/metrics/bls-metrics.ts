/** What checking signatures costs a verifier. */
import type { VerifierNode } from '../node/verifier-node.js'
import { byLabel, type Metric, single } from './metric.js'

const counts = ({ epochs }: VerifierNode) => epochs?.counts.bls

export const BLS_METRICS: readonly Metric<VerifierNode>[] = [
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_bls_verifications_total',
      help: 'BLS signatures checked, single and aggregate, by whether they are right.',
    },
    'result',
    node => {
      const bls = counts(node)
      return bls && { right: bls.verified, wrong: bls.refused }
    },
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_bls_verification_seconds_total',
      help: 'Time that the checks of BLS signatures took, in a thread of their own.',
    },
    node => {
      const bls = counts(node)
      return bls && bls.ms / 1000
    },
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_bls_batches_total',
      help: 'Batches in which BLS signatures were checked together, by the number of signatures in a batch.',
    },
    'size',
    node => counts(node)?.batches,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_bls_remembered_total',
      help: 'BLS signatures that were not checked again, since they had been found right before.',
    },
    node => counts(node)?.remembered,
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_bls_waiting_checks',
      help: 'Checks of BLS signatures that are asked for and have no answer yet.',
    },
    node => counts(node)?.waiting,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_bls_worker_deaths_total',
      help: 'Threads that checked BLS signatures and ended before their time. Each was started again.',
    },
    node => counts(node)?.deaths,
  ),
]
