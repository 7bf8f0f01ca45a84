/** What a verifier hears from others, and from whom. */
import type { VerifierNode } from '../node/verifier-node.js'
import { byLabel, byLabels, type Metric, single } from './metric.js'

export const GOSSIP_METRICS: readonly Metric<VerifierNode>[] = [
  single(
    { kind: 'gauge', name: 'bandwitness_peer_connections', help: 'Open connections to other nodes.' },
    ({ connections }) => connections(),
  ),
  byLabels(
    {
      kind: 'counter',
      name: 'bandwitness_gossip_messages_total',
      help: 'Gossip messages heard, by topic and by the result of the check. Nobody looks at one whose peer is over its budget.',
    },
    ['topic', 'result'],
    ({ epochs }) => epochs?.counts.gossip.heard,
  ),
  byLabel(
    { kind: 'counter', name: 'bandwitness_gossip_published_total', help: 'Gossip messages published, by topic.' },
    'topic',
    ({ epochs }) => epochs?.counts.gossip.published,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_gossip_dropped_total',
      help: 'Gossip messages dropped unread: no verifier has announced their peer, or its budget is used up.',
    },
    ({ epochs }) => epochs?.counts.gossip.dropped,
  ),
  byLabels(
    {
      kind: 'counter',
      name: 'bandwitness_offences_total',
      help: 'How often peers broke a rule, by the rule, and by whether a verifier has announced the peer.',
    },
    ['by', 'rule'],
    ({ offences }) => offences.totals,
  ),
  byLabel(
    {
      kind: 'gauge',
      name: 'bandwitness_offenders',
      help: 'Entries in the list of offenders. Peers that no verifier has announced share one entry for each rule.',
    },
    'by',
    ({ offenders }) => {
      const verifier = offenders().filter(offender => offender.verifier !== null).length
      return { verifier, stranger: offenders().length - verifier }
    },
  ),
]
