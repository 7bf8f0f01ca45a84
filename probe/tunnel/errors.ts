/** What goes wrong with a tunnel or a stream of it. The message says what to do. */

export type TunnelErrorCode = 'no-quic' | 'wrong-certificate' | 'no-handshake' | 'closed' | 'unusable-key' | 'no-leg'

export class TunnelError extends Error {
  constructor(
    readonly code: TunnelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'TunnelError'
  }
}

/** The other end reset its half of a stream, or stopped this end's half. */
export class StreamError extends Error {
  /** @param appCode that the other end gave, or that this end gives: 0 to 2^53 − 1 */
  constructor(
    readonly code: 'reset' | 'stopped',
    readonly appCode: number,
  ) {
    super(`the other end ${code === 'reset' ? 'reset the stream' : 'reads no more of the stream'} (code ${appCode})`)
    this.name = 'StreamError'
  }
}

/** Why a tunnel ended. */
export type TunnelEnd =
  /** this end closed it */
  | { readonly why: 'closed' }
  /** the exit showed another certificate than the one that was asked for */
  | { readonly why: 'wrong-certificate' }
  /** the exit answers joins and pings, but the handshake was not done in time */
  | { readonly why: 'no-handshake' }
  /** the other end closed it, with a code and a reason of its own */
  | { readonly why: 'peer-closed'; readonly appCode: number; readonly reason: string }
  /** the handshake or the protocol failed; the code is QUIC's (RFC 9000, section 20.1) */
  | { readonly why: 'failed'; readonly quicCode: number; readonly reason: string }
  /** nothing came for too long */
  | { readonly why: 'idle' }
