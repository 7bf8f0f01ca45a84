/** What the lab and the processes of its senders, provider and receiver tell each other. */
import type { PeerAddress } from '../../verifier/net/streams.js'
import type { SessionReading } from './session.js'

export const ROLES = ['sender', 'provider', 'receiver'] as const
export type Role = (typeof ROLES)[number]

/** Everybody is told before a session what the chain would say, which may change from one to the next. */
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
