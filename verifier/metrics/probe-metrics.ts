/** What a verifier measures and sends, and how its UDP port keeps up. */
import type { PortFacts } from '../../probe/index.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { byLabel, type Metric, single } from './metric.js'

/** Of the UDP port of either kind of node. */
export const udpMetrics = <S>(read: (source: S) => PortFacts & { readonly overruns: number }): Metric<S>[] => [
  single(
    {
      kind: 'counter',
      name: 'bandwitness_udp_overruns_total',
      help: 'Datagrams lost because the receive buffer of the UDP port was full.',
    },
    source => read(source).overruns,
  ),
  single(
    {
      kind: 'gauge',
      name: 'bandwitness_udp_receive_buffer_bytes',
      help: 'Size of the receive buffer of the UDP port, as the system granted it.',
    },
    source => read(source).receiveBufferBytes,
  ),
]

export const PROBE_METRICS: readonly Metric<VerifierNode>[] = [
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_receiver_sessions_total',
      help: 'Sessions that this verifier received, by outcome; failed for those that an error of this node ended.',
    },
    'outcome',
    ({ epochs }) => epochs?.counts.sessions.ended,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_receiver_bytes_total',
      help: 'Bytes at the IP layer that arrived in sessions which ended with a measurement.',
    },
    ({ epochs }) => epochs?.counts.sessions.receivedBytes,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_sender_invitations_total',
      help: 'Invitations to send in a session, by the answer of this verifier.',
    },
    'answer',
    ({ epochs }) => epochs?.serving.invitations,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_sender_sessions_total',
      help: 'Sessions that this verifier sent in and that came to their end, by whether the receiver proved that it had the data.',
    },
    'openings',
    ({ epochs }) => epochs?.serving.openings,
  ),
  single(
    {
      kind: 'counter',
      name: 'bandwitness_sender_bytes_total',
      help: 'Bytes at the IP layer that this verifier sent in sessions, by way of providers.',
    },
    ({ epochs }) => epochs?.serving.sentBytes,
  ),
  byLabel(
    {
      kind: 'counter',
      name: 'bandwitness_udp_datagrams_total',
      help: 'Datagrams that came to the UDP port: taken as data or heartbeats, answered with an echo, or dropped, with the reason.',
    },
    'result',
    ({ datagrams: { taken, echoes, dropped } }) => ({ taken, echoes, ...dropped }),
  ),
  ...udpMetrics<VerifierNode>(({ udp }) => udp),
]
