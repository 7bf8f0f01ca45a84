/** What a relay counts. Every datagram that comes in is either forwarded, an echo, or dropped for one reason. */
import type { RefuseName } from './forwarding.js'

export type DropReason =
  | 'unknown-tag' // no session, or one that has ended
  | 'malformed' // too short for a tag, or longer than a datagram may be
  | 'wrong-source' // not from where the session's first datagram came
  | 'wrong-echo' // an echo from elsewhere, or of another nonce
  | 'not-validated' // the next hop has not echoed yet
  | 'over-rate' // beyond the rate that was granted
  | 'over-budget'
  | 'not-forwarded' // the provider's own limit

export interface RelayStats {
  sessions: number
  granted: number
  forwarded: number
  forwardedBytes: number
  challenges: number
  echoes: number
  readonly dropped: Record<DropReason, number>
  readonly refused: Record<RefuseName, number>
}

export const newRelayStats = (): RelayStats => ({
  sessions: 0,
  granted: 0,
  forwarded: 0,
  forwardedBytes: 0,
  challenges: 0,
  echoes: 0,
  dropped: {
    'unknown-tag': 0,
    malformed: 0,
    'wrong-source': 0,
    'wrong-echo': 0,
    'not-validated': 0,
    'over-rate': 0,
    'over-budget': 0,
    'not-forwarded': 0,
  },
  refused: { busy: 0, tooMuch: 0, replayed: 0, malformed: 0, notServing: 0 },
})
