/** The reach protocol over libp2p: one request and one answer on each stream. */
import type { Logger } from 'pino'
import { ReachRequest, ReachResponse } from '../../proto/messages.js'
import { REACH_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { type Dialler, handleStreams, openStream, type PeerAddress } from './streams.js'

/** Who asks, as the connection shows it. */
export interface ReachAsker {
  readonly peerId: string
  readonly host: string
}

export const serveReach = (
  peer: Peer,
  answer: (request: ReachRequest, asker: ReachAsker) => Promise<ReachResponse>,
  log: Logger,
): Promise<void> =>
  handleStreams(
    peer,
    REACH_PROTOCOL,
    ReachRequest.maxBytes,
    async (stream, peerId) => {
      const bytes = await stream.receive()
      if (bytes === undefined) return
      const response = await answer(ReachRequest.decode(bytes), { peerId, host: stream.remoteHost })
      await stream.send(ReachResponse.encode(response))
    },
    (error, peerId) => log.debug({ peer: peerId, error: error.message }, 'a reach stream broke'),
  )

/** @returns undefined if the verifier gives no answer. @throws StreamError, MessageError */
export async function askReach(
  peer: Dialler,
  verifier: PeerAddress,
  request: ReachRequest,
  signal: AbortSignal,
): Promise<ReachResponse | undefined> {
  const stream = await openStream(peer, verifier, REACH_PROTOCOL, ReachResponse.maxBytes, signal)
  try {
    await stream.send(ReachRequest.encode(request))
    const bytes = await stream.receive()
    return bytes && ReachResponse.decode(bytes)
  } finally {
    await stream.close()
  }
}
