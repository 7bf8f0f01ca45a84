import type { ProviderStream } from '../../probe/index.js'
import { openStream, type PeerAddress } from '../net/streams.js'
import type { VerifierContext } from './context.js'

/** A peer that is up answers within milliseconds, and no session can wait longer for a peer that is down. */
const DIAL_MS = 1000

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
