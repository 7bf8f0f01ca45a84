/** All metrics of an exit. */
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { CHAIN_METRICS } from '../../verifier/metrics/chain-metrics.js'
import { INFO_METRIC } from '../../verifier/metrics/common-metrics.js'
import { byLabel, type Metric, single } from '../../verifier/metrics/metric.js'
import type { Exit } from './exit.js'

interface Measured {
  readonly role: string
  readonly network: { readonly name: string }
  readonly chain: EthersChain
  readonly exit: Exit
}

const USE_METRICS: readonly Metric<Measured>[] = [
  single(
    { kind: 'gauge', name: 'bandwitness_exit_tunnels', help: 'Tunnels of clients that are open now.' },
    ({ exit }) => exit.stats.tunnels,
  ),
  single(
    { kind: 'gauge', name: 'bandwitness_exit_connections', help: 'Connections to destinations that are open now.' },
    ({ exit }) => exit.stats.connections,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_exit_refused_connections_total',
      help: 'Connections that clients asked for and did not get: the destination could not be reached, or must not be.',
    },
    ({ exit }) => exit.stats.refused,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_exit_datagrams_total',
      help: 'Datagrams that came to the UDP port, by what became of them. Refused are joins beyond the limits.',
    },
    'result',
    ({ exit: { counts } }) => ({ ...counts, opened: counts.opened - counts.malformed }),
  ),
]

const PAYMENT_METRICS: readonly Metric<Measured>[] = [
  single(
    {
      kind: 'counter',
      name: 'bandwitness_exit_carried_bytes_total',
      help: 'Bytes of connections that the exit carried, in both directions.',
    },
    ({ exit }) => exit.stats.carriedBytes,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_exit_paid_bytes_total',
      help: 'Bytes of connections that users paid the exit for. What this brings is redeemed every few minutes.',
    },
    ({ exit }) => exit.stats.paidBytes,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_exit_void_payments_total',
      help: 'Payments that the exit took for void: forged, stale, or of a channel that cannot pay.',
    },
    ({ exit }) => exit.stats.voidPayments,
  ),
]

export const EXIT_METRICS: readonly Metric<Measured>[] = [
  INFO_METRIC,
  ...USE_METRICS,
  ...PAYMENT_METRICS,
  ...CHAIN_METRICS,
]
