/** The messages between the lab and the processes of its senders, provider and receiver. */
import type { PeerAddress } from '../../verifier/net/streams.js'
import type { SessionReading } from './session.js'

export const ROLES = ['sender', 'provider', 'receiver'] as const
export type Role = (typeof ROLES)[number]

/** What the chain would say. Every process is told before a session, since the next session may differ. */
export interface Cast {
  readonly claimKbps: number
  readonly provider: PeerAddress
  readonly receiver: PeerAddress
  readonly senders: readonly PeerAddress[]
}

export type Order = { readonly cast: Cast } | { readonly measure: true }

export type Answer =
  /** the first answer, once the process takes sessions */
  { readonly ready: PeerAddress } | { readonly casted: true } | { readonly reading: SessionReading }
