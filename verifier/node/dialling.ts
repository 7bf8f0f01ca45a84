import { DIAL_MS } from '../../probe/constants.js'
import type { ProviderStream } from '../../probe/index.js'
import { openSession } from '../net/session-client.js'
import { openStream, type PeerAddress } from '../net/streams.js'
import type { VerifierContext } from './context.js'

/** Opens a stream to a verifier. */
export const dialStream = (
  { peer, stopping }: Pick<VerifierContext, 'peer' | 'stopping'>,
  to: PeerAddress,
  protocol: string,
  maxBytes: number,
): Promise<ProviderStream> => dialInTime(stopping, signal => openStream(peer, to, protocol, maxBytes, signal))

/** Opens a session with a provider, from a fresh peer key. */
export const dialSession = (stopping: AbortSignal, provider: PeerAddress): Promise<ProviderStream> =>
  dialInTime(stopping, signal => openSession(provider, signal))

/** Gives up dialling after `DIAL_MS`. From this side, only the node's stop ends an open stream. */
async function dialInTime<T>(stopping: AbortSignal, dial: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const dialling = new AbortController()
  const timer = setTimeout(() => dialling.abort(), DIAL_MS)
  try {
    return await dial(AbortSignal.any([stopping, dialling.signal]))
  } finally {
    clearTimeout(timer)
  }
}
