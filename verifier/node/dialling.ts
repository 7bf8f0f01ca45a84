import { DIAL_MS } from '../../probe/constants.js'
import type { ProviderStream } from '../../probe/index.js'
import { openStream, type PeerAddress } from '../net/streams.js'
import type { VerifierContext } from './context.js'

/** Opens a stream; gives up dialling after `DIAL_MS`. From this side, only the node's stop ends an open stream. */
export async function dialStream(
  { peer, stopping }: Pick<VerifierContext, 'peer' | 'stopping'>,
  to: PeerAddress,
  protocol: string,
  maxBytes: number,
): Promise<ProviderStream> {
  const dialling = new AbortController()
  const timer = setTimeout(() => dialling.abort(), DIAL_MS)
  try {
    return await openStream(peer, to, protocol, maxBytes, AbortSignal.any([stopping, dialling.signal]))
  } finally {
    clearTimeout(timer)
  }
}
