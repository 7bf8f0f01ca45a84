/** How the chain answers a node of either kind, and what becomes of the node's transactions. */
import type { EthersChain } from '../chain/ethers-chain.js'
import type { Asked } from '../chain/rpc-counts.js'
import { byLabel, byLabels, type Metric, single } from './metric.js'

interface OnChain {
  readonly chain: Pick<EthersChain, 'rpc' | 'transactions' | 'pending' | 'health'>
}

const requestsOf = ({ chain }: OnChain, count: keyof Asked): Record<string, number> =>
  Object.fromEntries([...chain.rpc.methods].map(([method, counts]) => [method, counts[count]]))

export const CHAIN_METRICS: readonly Metric<OnChain>[] = [
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_chain_rpc_requests_total',
      help: 'Requests to chain nodes, repeated ones included, by JSON-RPC method.',
    },
    'method',
    source => requestsOf(source, 'asked'),
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_chain_rpc_failures_total',
      help: 'Requests that got no answer of use, by JSON-RPC method. The log names the cause.',
    },
    'method',
    source => requestsOf(source, 'failed'),
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_chain_healthy',
      help: 'Is 1 while the chain answers as it should, and with recent blocks.',
    },
    ({ chain }) => (chain.health.sentence === undefined ? 1 : 0),
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_chain_head_timestamp_seconds',
      help: 'Unix time of the newest block that a chain node named: the age of the head is the time now minus this.',
    },
    ({ chain }) => chain.rpc.newestBlockMs && chain.rpc.newestBlockMs / 1000,
  ),
  byLabels(
    {
      kind: 'counter',
      name: 'bandwitness_chain_transactions_total',
      help: 'Transactions, by method of the contract: done if mined, already if another node was faster, rejected if the contract or the chain refused.',
    },
    ['method', 'result'],
    ({ chain }) => Object.fromEntries(chain.transactions?.results ?? []),
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_chain_pending_transactions',
      help: 'Transactions of this node that wait to be mined.',
    },
    ({ chain }) => chain.pending.length,
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_chain_oldest_pending_seconds',
      help: 'How long the oldest transaction of this node has waited to be mined; 0 if none waits.',
    },
    ({ chain }) => Math.max(0, ...chain.pending.map(({ seconds }) => seconds)),
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_chain_fee_raises_total',
      help: 'How often this node raised the fee of a transaction, because blocks came without it.',
    },
    ({ chain }) => chain.transactions?.feeRaises,
  ),
]
