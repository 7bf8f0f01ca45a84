/**
 * A provider's own choice of the sessions and datagrams that its relay serves (default: all). The main thread asks
 * about sessions, and the data plane's worker about datagrams. So a forwarding is named by the module that makes it.
 * Each thread makes its own, and the two share nothing.
 */
import { IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../proto/datagram.js'
import type { RelayOpen } from '../../proto/messages.js'
import { LIMITER_BURST_MS } from '../constants.js'
import { bytesIn } from '../verdict/share.js'
import type { RefuseReason } from '../wire/refuse-reasons.js'
import { TokenBucket } from './token-bucket.js'

export { REFUSE, type RefuseName, type RefuseReason } from '../wire/refuse-reasons.js'

/** A datagram that passed the relay's own checks. The relay uses the object again for the next datagram. */
export interface Packet {
  /** the buffer may be changed, and is longer than the datagram */
  readonly bytes: Buffer
  /** may be shortened */
  length: number
  /** the relay's number for the session, counted from 1 */
  readonly session: number
  /** the session was opened with a token: its opener is a verifier or a payer */
  readonly reserved: boolean
  /** its opener has paid in this session: it is a user */
  readonly paid: boolean
  /** peer id of the session's opener */
  readonly opener: string
  /** granted to the session */
  readonly rateKbps: number
  /** from the session's opening to the datagram's arrival */
  readonly ageMs: number
}

/** What happens to a datagram: it goes on at once, at once and again, not at all, or so long after its arrival. */
export type Verdict = 'now' | 'twice' | 'drop' | { readonly holdMs: number }

export interface Forwarding {
  /** Called in the main thread after the relay's own checks, for data sessions and heartbeat sessions alike. */
  admit(open: RelayOpen, nowMs: number, opener: string): true | RefuseReason
  /**
   * Called in the worker, after path validation, policing and the budget check.
   * @param arrivedMs when the datagram arrived, never descending
   */
  forward(packet: Packet, arrivedMs: number): Verdict
  /**
   * Called in the worker: what the next receipt of a session states (default: all that was forwarded).
   * @param bytes that the session has forwarded so far, at the IP layer
   */
  bill?(session: number, bytes: number): number
}

/** Names a forwarding. The module exports `createForwarding(options)`. */
export interface ForwardingSpec {
  /** URL of the module: its own `import.meta.url` */
  readonly module: string
  /** any value that a structured clone can carry */
  readonly options: unknown
}

export async function loadForwarding({ module, options }: ForwardingSpec): Promise<Forwarding> {
  const { createForwarding } = (await import(module)) as { createForwarding(options: unknown): Forwarding }
  return createForwarding(options)
}

export const forwardAll: ForwardingSpec = { module: import.meta.url, options: {} }

/**
 * Forwards at most `limitKbps` over all sessions together. An exact token bucket of 50 ms, and of at least one
 * datagram, drops each datagram for which it holds too few tokens.
 */
export const limited = (limitKbps: number): ForwardingSpec => ({ module: import.meta.url, options: { limitKbps } })

export function createForwarding({ limitKbps }: { readonly limitKbps?: number }): Forwarding {
  if (limitKbps === undefined) return { admit: () => true, forward: () => 'now' }
  let bucket: TokenBucket | undefined
  return {
    admit: () => true,
    forward: ({ length }, arrivedMs) => {
      const capacityBytes = Math.max(bytesIn(limitKbps, LIMITER_BURST_MS), IP_DATAGRAM_BYTES)
      bucket ??= new TokenBucket(limitKbps, capacityBytes, arrivedMs)
      return bucket.take(length + IP_UDP_HEADER_BYTES, arrivedMs) ? 'now' : 'drop'
    },
  }
}
