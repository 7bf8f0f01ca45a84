/**
 * What a provider does with the sessions and datagrams that its relay would serve: by default, all of them. Datagrams are
 * asked about in the data plane's worker, sessions in the main thread, so a forwarding is named by the module that makes
 * it; each thread makes its own, and the two share nothing.
 */
import { IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'
import type { RelayOpen } from '../../proto/messages.js'
import { LIMITER_BURST_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
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

/** One datagram that may go on. The object is used again for the next. */
export interface Packet {
  /** may be changed; longer than the datagram */
  readonly bytes: Buffer
  /** may be shortened */
  length: number
  /** which of the relay's sessions: a small number */
  readonly session: number
  /** what the session was granted */
  readonly rateKbps: number
  /** since the session was opened */
  readonly ageMs: number
}

/** What becomes of a datagram: it goes on at once, not at all, or later. */
export type Verdict = 'now' | 'drop' | { readonly holdMs: number }

export interface Forwarding {
  /** Asked in the main thread after the relay's own checks, for data and heartbeat sessions alike. */
  admit(open: RelayOpen, nowMs: number): true | RefuseReason
  /** Asked in the worker, after path validation, policing and budget. */
  forward(packet: Packet, nowMs: number): Verdict
}

/** Names a forwarding. The module exports `createForwarding(options)`. */
export interface ForwardingSpec {
  /** URL of the module: its own `import.meta.url` */
  readonly module: string
  /** whatever a structured clone can carry */
  readonly options: unknown
}

export async function loadForwarding({ module, options }: ForwardingSpec): Promise<Forwarding> {
  const { createForwarding } = (await import(module)) as { createForwarding(options: unknown): Forwarding }
  return createForwarding(options)
}

export const forwardAll: ForwardingSpec = { module: import.meta.url, options: {} }

/**
 * Passes on at most `limitKbps` over all sessions together: an exact token bucket of 50 ms that drops when empty, and
 * never holds less than one datagram.
 */
export const limited = (limitKbps: number): ForwardingSpec => ({ module: import.meta.url, options: { limitKbps } })

export function createForwarding({ limitKbps }: { readonly limitKbps?: number }): Forwarding {
  if (limitKbps === undefined) return { admit: () => true, forward: () => 'now' }
  let bucket: TokenBucket | undefined
  return {
    admit: () => true,
    forward: ({ length }, nowMs) => {
      bucket ??= new TokenBucket(limitKbps, Math.max(bytesIn(limitKbps, LIMITER_BURST_MS), IP_DATAGRAM_BYTES), nowMs)
      return bucket.take(length + IP_UDP_HEADER_BYTES, nowMs) ? 'now' : 'drop'
    },
  }
}
