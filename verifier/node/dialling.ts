/** Dialling that the node gives up after `DIAL_MS`. From this side, only the node's stop ends an open stream. */
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
): Promise<ProviderStream> => openStream(peer, to, protocol, maxBytes, stopping, DIAL_MS)

/** Opens a session with a provider, from a fresh peer key. */
export const dialSession = (stopping: AbortSignal, provider: PeerAddress): Promise<ProviderStream> =>
  openSession(provider, stopping, DIAL_MS)
