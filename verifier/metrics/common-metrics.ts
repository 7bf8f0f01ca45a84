/** What both kinds of node tell of themselves. */
import { type Metric, single } from './metric.js'

/** Joins the other metrics of a node with what it is. */
export const INFO_METRIC: Metric<{ readonly role: string; readonly network: { readonly name: string } }> = {
  kind: 'gauge',
  name: 'bandwitness_node_info',
  help: 'Is 1; the labels name the kind of this node, and its network.',
  labels: ['role', 'network'],
  read: ({ role, network }) => [{ value: 1, labels: { role, network: network.name } }],
}

export const faultsMetric = <S>(read: (source: S) => number | undefined): Metric<S> =>
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_faults',
      help: 'Faults because of which this node is useless, as far as it can tell. Its status names them.',
    },
    read,
  )
