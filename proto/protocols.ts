/** Protocol ids and topics. No other file builds one. */
import type { NetworkId } from './digests.js'

export const SESSION_PROTOCOL = '/bandwitness/session/1.0.0' // sender → provider
export const PROBE_PROTOCOL = '/bandwitness/probe/1.0.0' // receiver → sender
export const REACH_PROTOCOL = '/bandwitness/reach/1.0.0' // provider or verifier → verifier
export const TOKENS_PROTOCOL = '/bandwitness/tokens/1.0.0' // verifier → provider
export const PRESENCE_PROTOCOL = '/bandwitness/presence/1.0.0' // verifier → verifier
export const SYNC_PROTOCOL = '/bandwitness/sync/1.0.0' // anybody → verifier

export const GOSSIP_KINDS = ['commit', 'ballot', 'seen', 'proposal', 'partial', 'certificate'] as const
export type GossipKind = (typeof GOSSIP_KINDS)[number]

/** One topic for each kind of message and each network, so that two networks never mix. */
export const topicOf = (network: NetworkId, kind: GossipKind): string =>
  `/bandwitness/1/${network.chainId}/${network.contract.toLowerCase()}/${kind}`

export const topicsOf = (network: NetworkId): string[] => GOSSIP_KINDS.map(kind => topicOf(network, kind))
