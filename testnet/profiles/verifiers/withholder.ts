/**
 * A verifier that commits and keeps its ballot back. By epoch it shows the ballot to nobody; to one peer alone, in the last
 * moment in which a ballot counts; or to all, when none counts any more. In its seen list it names the ballot each time, so
 * that in the second case a third of a small set has listed what the others lack. It signs no report, proposes none, posts none,
 * settles no penalty, and lets every peer wait that asks it over sync.
 */
import { Ballot } from '../../../proto/messages.js'
import { type GossipKind, SYNC_PROTOCOL, topicOf } from '../../../proto/protocols.js'
import type { NodeSettings } from '../../../verifier/cli/node-settings.js'
import { Gossip } from '../../../verifier/net/gossip.js'
import type { Peer } from '../../../verifier/net/libp2p.js'
import { Inbox } from '../../../verifier/node/inbox.js'
import { Transmission } from '../../../verifier/node/transmission.js'

/** Before the ballots are listed: enough for one message on one machine, too little for the peer to pass it on. */
const LAST_MOMENT_MS = 30

const SHOWN: readonly ('nobody' | 'one' | 'late')[] = ['nobody', 'one', 'late']
export const shownTo = (epoch: number): (typeof SHOWN)[number] => SHOWN[epoch % SHOWN.length]!

/** It does not even hear its own signature of a report, or it would make a certificate and post it. */
const SAID: readonly GossipKind[] = ['commit', 'ballot', 'seen']

/** Gossipsub has a method for one peer, which its interface does not name. */
interface RpcSender {
  sendRpc(to: string, rpc: { subscriptions: []; messages: { topic: string; data: Uint8Array }[] }): boolean
}

export function withhold({ network: { chainId, contracts, params } }: NodeSettings): void {
  const network = { chainId, contract: contracts.epochReports }
  const { publish, subscribe } = Gossip.prototype
  const peerOf = (gossip: Gossip): Peer => (gossip as unknown as { readonly peer: Peer }).peer
  Gossip.prototype.subscribe = function (kind, validate) {
    if (kind === 'ballot') void stallSync(peerOf(this))
    subscribe.call(this, kind, validate)
  }
  Gossip.prototype.publish = async function (kind: GossipKind, bytes) {
    if (kind !== 'ballot') return publish.call(this, kind, bytes)
    const shown = shownTo(Ballot.decode(bytes).epoch)
    // The ballots are being revealed when the node publishes its own, and the node goes on meanwhile.
    if (shown === 'late') setTimeout(() => publish.call(this, kind, bytes).catch(() => 0), params.revealMs)
    if (shown === 'one')
      setTimeout(() => showOne(peerOf(this), topicOf(network, kind), bytes), params.revealMs - LAST_MOMENT_MS)
    return 0
  }
  const { broadcast } = Inbox.prototype
  Inbox.prototype.broadcast = async function (kind, bytes) {
    if (SAID.includes(kind)) return broadcast.call(this, kind, bytes)
  }
  Transmission.prototype.post = async () => {}
  Transmission.prototype.settle = async () => {}
}

function showOne({ services: { pubsub } }: Peer, topic: string, data: Uint8Array): void {
  const [one] = pubsub.getSubscribers(topic)
  if (one !== undefined)
    (pubsub as unknown as RpcSender).sendRpc(one.toString(), { subscriptions: [], messages: [{ topic, data }] })
}

/** Takes the stream, and never answers. */
async function stallSync(peer: Peer): Promise<void> {
  await peer.unhandle(SYNC_PROTOCOL)
  await peer.handle(SYNC_PROTOCOL, () => undefined)
}
