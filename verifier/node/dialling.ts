import type { ProviderStream } from '../../probe/index.js'
import { openStream, type PeerAddress } from '../net/streams.js'
import type { VerifierContext } from './context.js'

/** Reaching a peer that is up takes milliseconds; nothing here can wait longer for one that is not. */
const DIAL_MS = 1000

/** Opens a stream, giving up on the dialling after `DIAL_MS`; once open, only the node's stop ends it from this side. */
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
