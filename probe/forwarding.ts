/** What a provider does with the sessions and datagrams that its relay would serve: by default, all of them. */
import { IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../proto/datagram.js'
import type { RelayOpen } from '../proto/messages.js'
import { LIMITER_BURST_MS } from './constants.js'
import { bytesIn } from './share.js'
import { TokenBucket } from './token-bucket.js'

/** Why a session was not taken. The numbers are signed and must never change their meaning. */
export const REFUSE = {
  /** too many sessions, of this peer or in all */
  busy: 1,
  /** more rate, bytes or time than one session's share */
  tooMuch: 2,
  /** this session was there before */
  replayed: 3,
  /** a request that makes no sense */
  malformed: 4,
  /** the provider serves nobody just now */
  notServing: 5,
} as const

export type RefuseName = keyof typeof REFUSE
export type RefuseReason = (typeof REFUSE)[RefuseName]

export interface Forwarding {
  /** Asked after the relay's own checks, for data and heartbeat sessions alike. */
  admit(open: RelayOpen, nowMs: number): true | RefuseReason
  /** Whether to pass a datagram on. Asked after path validation, policing and budget. */
  forward(datagram: Uint8Array, nowMs: number): boolean
}

export const forwardAll: Forwarding = { admit: () => true, forward: () => true }

/**
 * Passes on at most `limitKbps` over all sessions together: an exact token bucket of 50 ms that drops when empty, and
 * never holds less than one datagram.
 */
export function limited(limitKbps: number): Forwarding {
  let bucket: TokenBucket | undefined
  return {
    admit: () => true,
    forward: (datagram, nowMs) => {
      bucket ??= new TokenBucket(limitKbps, Math.max(bytesIn(limitKbps, LIMITER_BURST_MS), IP_DATAGRAM_BYTES), nowMs)
      return bucket.take(datagram.length + IP_UDP_HEADER_BYTES, nowMs)
    },
  }
}
