/** The sync protocol: what a verifier that missed something asks for. */
import { codec } from './codec.js'
import { KIB } from './limits.js'

/** Exactly one is set. */
export interface SyncRequest {
  ballot?: Uint8Array
  leaves?: Uint8Array
  ballotSet?: Uint8Array
  ballotPart?: { root: Uint8Array; part: number }
  gossip?: number
  rewards?: Uint8Array
  transcript?: Uint8Array
}
export interface GossipItem {
  kind: string
  data: Uint8Array
}
/** How many items follow, each in a frame of its own: so nobody has to hold more than one item before it is checked. */
export interface SyncResponse {
  found: boolean
  items: number
}

export const SyncRequest = codec<SyncRequest>('SyncRequest', 64)
export const GossipItem = codec<GossipItem>('GossipItem', 2048 * KIB)
export const SyncResponse = codec<SyncResponse>('SyncResponse', 16)
