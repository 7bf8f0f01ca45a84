/** Where a node stands in its epochs. */
import { PHASES } from '../core/agreement/phases.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { faultsMetric, INFO_METRIC } from './common-metrics.js'
import { byLabel, type Metric, single } from './metric.js'

/** Of a verifier that takes part in no epoch. */
const STATES = ['waiting', 'idle', ...PHASES]

export const NODE_METRICS: readonly Metric<VerifierNode>[] = [
  INFO_METRIC,
  single(
    { kind: 'gauge', name: 'bandwitness_epoch', help: 'Epoch by the clock of this machine; 0 before the first one.' },
    ({ epochNow }) => Math.max(0, epochNow()),
  ),
  byLabel(
    {
      kind: 'gauge',
      name: 'bandwitness_phase',
      help: 'Is 1 for the phase of the epoch that this verifier measures or agrees on, and 0 for all others.',
    },
    'phase',
    ({ epochs }) => {
      const now = epochs?.phase ?? 'waiting'
      return Object.fromEntries(STATES.map(phase => [phase, phase === now ? 1 : 0]))
    },
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_missed_epochs_total',
      help: 'Epochs without a certificate: no-report if the chain has no report either; not-heard if it has one, so that this verifier was cut off or asleep.',
    },
    'reason',
    ({ epochs }) => epochs?.counts.missed,
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_last_signed_epoch',
      help: 'Newest epoch of which this verifier signed a report, by its signing record.',
    },
    ({ epochs }) => epochs?.counts.lastSigned,
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_last_report_epoch',
      help: 'Newest epoch of which this verifier saw an accepted report on the chain.',
    },
    ({ epochs }) => epochs?.counts.lastReport,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_reports_seen_total',
      help: 'Reports that the chain accepted and this verifier took over.',
    },
    ({ epochs }) => epochs?.counts.reportsSeen,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_reports_posted_total',
      help: 'Reports that this verifier posted itself: one verifier posts for all.',
    },
    ({ chain }) => chain.transactions?.results.get('post')?.done ?? 0,
  ),
  faultsMetric(({ epochs }) => epochs?.faults.length),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_alarm',
      help: 'Is 1 if an accepted report does not follow from its votes. The verifier then signs nothing more.',
    },
    ({ epochs }) => epochs && (epochs.reports.alarm === undefined ? 0 : 1),
  ),
]
