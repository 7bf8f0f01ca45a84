/** All metrics of a provider. */
import { CHAIN_METRICS } from '../../verifier/metrics/chain-metrics.js'
import { faultsMetric, INFO_METRIC } from '../../verifier/metrics/common-metrics.js'
import { byLabel, type Metric, single } from '../../verifier/metrics/metric.js'
import { udpMetrics } from '../../verifier/metrics/probe-metrics.js'
import type { ProviderNode } from './provider-node.js'

type Measured = Pick<ProviderNode, 'role' | 'network' | 'relay' | 'headroom' | 'faults' | 'chain'>

const SESSION_METRICS: readonly Metric<Measured>[] = [
  byLabel(
    {
      kind: 'gauge',
      name: 'bandwitness_provider_open_sessions',
      help: 'Sessions that are open now: those that were opened with a token, and those of strangers.',
    },
    'class',
    ({ relay: { stats } }) => ({ reserved: stats.reserved, stranger: stats.sessions - stats.reserved }),
  ),
  single(
    { kind: 'counter', name: 'bandwitness_provider_sessions_granted_total', help: 'Sessions that the relay granted.' },
    ({ relay }) => relay.stats.granted,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_provider_sessions_refused_total',
      help: 'Sessions that the relay refused, by the reason that it signed.',
    },
    'reason',
    ({ relay }) => relay.stats.refused,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_sessions_unanswered_total',
      help: 'Sessions that the relay did not answer, because their host asked for too many.',
    },
    ({ relay }) => relay.stats.unanswered,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_receipted_bytes_total',
      help: 'Bytes that the relay had forwarded in flows which a receiver counter-signed.',
    },
    ({ relay }) => relay.stats.receiptedBytes,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_counter_signed_bytes_total',
      help: 'Bytes at the IP layer that receivers confirmed in these flows.',
    },
    ({ relay }) => relay.stats.counterSignedBytes,
  ),
]

const PAYMENT_METRICS: readonly Metric<Measured>[] = [
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_paid_bytes_total',
      help: 'Bytes at the IP layer that users paid the relay for. What this brings is redeemed every few minutes.',
    },
    ({ relay }) => relay.stats.paidBytes,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_void_payments_total',
      help: 'Payments that the relay took for void: forged, stale, or of a channel that cannot pay.',
    },
    ({ relay }) => relay.stats.voidPayments,
  ),
]

const TRAFFIC_METRICS: readonly Metric<Measured>[] = [
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_forwarded_bytes_total',
      help: 'Bytes of datagrams that the relay forwarded, without their IP and UDP headers.',
    },
    ({ relay }) => relay.stats.forwardedBytes,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_provider_forwarded_datagrams_total',
      help: 'Datagrams that the relay forwarded.',
    },
    ({ relay }) => relay.stats.forwarded,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_provider_dropped_datagrams_total',
      help: 'Datagrams that the relay dropped, by reason.',
    },
    'reason',
    ({ relay }) => relay.stats.dropped,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_provider_headroom_readings_total',
      help: 'Readings of 30 s in which sessions asked for the claim, by whether the line kept it.',
    },
    'kept',
    ({ headroom: { counts } }) => ({ yes: counts.readings - counts.missed, no: counts.missed }),
  ),
  ...udpMetrics<Measured>(({ relay }) => ({ ...relay.facts, overruns: relay.stats.overruns })),
]

export const PROVIDER_METRICS: readonly Metric<Measured>[] = [
  INFO_METRIC,
  faultsMetric(({ faults }) => faults().length),
  ...SESSION_METRICS,
  ...PAYMENT_METRICS,
  ...TRAFFIC_METRICS,
  ...CHAIN_METRICS,
]
