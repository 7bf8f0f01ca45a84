/**
 * Which messages of a peer reach gossipsub: those of announced verifiers that have budget left. The guard stands before
 * gossipsub's cache of seen messages. A message that was dropped behind it would be lost for good, also if an honest peer
 * sent it later, and so a liar could have a node miss what the honest say.
 *
 * Dropped messages have a budget of their own, since they were received and decoded. A new verifier stays within it until
 * this node has seen its announcement: it holds several epochs of a full set.
 */
import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { CHECK_COST, type GossipBudget, SHARE_SPENT } from './gossip-budget.js'
import { MAX_GOSSIP_BYTES } from './gossip-messages.js'

interface Rpc {
  readonly subscriptions: readonly unknown[]
  readonly messages: readonly { readonly topic: string; readonly data?: Uint8Array }[]
  readonly control?: { readonly ihave: readonly unknown[] } | undefined
}

/** Gossipsub hands whatever a peer sends to this method, which its interface does not name. */
interface RpcReceiver {
  handleReceivedRpc(from: PeerId, rpc: Rpc): Promise<void>
}

export interface GuardRules {
  readonly budget: GossipBudget
  /** of messages that the guard drops */
  readonly unheard: GossipBudget
  /** whether a verifier has announced the peer id */
  readonly isAnnounced: (peerId: string) => boolean
  /** in the unit of the budget; undefined for a topic that the node does not know, and for more bytes than its messages have */
  readonly costOf: (topic: string, bytes: number) => number | undefined
  /** hears of a peer that used up what it may send in vain */
  readonly onUnheard: (peerId: string) => void
  readonly onDropped: (messages: number) => void
}

/**
 * Subscriptions pass in any case: gossipsub says them once for each connection, so that a peer that announces itself later
 * would never be heard.
 */
export function guardGossip(pubsub: GossipSub, rules: GuardRules): void {
  const receiver = pubsub as unknown as RpcReceiver
  if (typeof receiver.handleReceivedRpc !== 'function') throw new Error('this version of gossipsub cannot be guarded')
  const receive = receiver.handleReceivedRpc.bind(receiver)
  receiver.handleReceivedRpc = (from, rpc) => receive(from, passing(from.toString(), rpc, rules))
}

function passing(peerId: string, rpc: Rpc, rules: GuardRules): Rpc {
  const { budget, isAnnounced, costOf } = rules
  // Nobody asks a peer that is not heard for the messages that it says it has.
  if (!isAnnounced(peerId)) {
    drop(peerId, rpc.messages, rules)
    return { ...rpc, messages: [], control: rpc.control && { ...rpc.control, ihave: [] } }
  }
  if (rpc.messages.length === 0) return rpc
  let left = budget.left(peerId)
  let room = budget.room(peerId)
  const [affordable, dropped]: [Rpc['messages'][number][], Rpc['messages'][number][]] = [[], []]
  for (const message of rpc.messages) {
    const cost = costOf(message.topic, bytesOf(message))
    if (cost !== undefined) left -= cost
    ;(cost !== undefined && left >= 0 ? affordable : dropped).push(message)
  }
  drop(peerId, dropped, rules)
  // Nobody is at fault if there is no room for a message while others are checked: it may come again.
  const heard = affordable.filter(message => {
    room -= bytesOf(message)
    return room >= 0
  })
  rules.onDropped(affordable.length - heard.length)
  return { ...rpc, messages: heard }
}

const bytesOf = ({ data }: Rpc['messages'][number]): number => data?.length ?? 0

/** A large message costs as much as a proposal of its size, whatever its topic: so at most 64 MiB come in vain. */
const BYTES_A_UNIT = MAX_GOSSIP_BYTES.proposal / CHECK_COST.proposal

function drop(peerId: string, messages: Rpc['messages'], { unheard, costOf, onUnheard, onDropped }: GuardRules): void {
  onDropped(messages.length)
  for (const message of messages) {
    const bytes = bytesOf(message)
    const cost = Math.max(costOf(message.topic, bytes) ?? 1, bytes / BYTES_A_UNIT) * SHARE_SPENT.ignore
    if (unheard.take(peerId, cost) && !unheard.settle(peerId, cost, cost)) continue
    onUnheard(peerId)
    return
  }
}
