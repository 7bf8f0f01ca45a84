/** The presence protocol over libp2p: one presence and one answer on each stream. */
import type { Logger } from 'pino'
import { Presence, Presences } from '../../proto/messages.js'
import { PRESENCE_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { type Dialler, handleStreams, openStream, type PeerAddress } from './streams.js'

/** @param isVerifier whether a verifier has announced the peer id. Nobody else is heard: each presence costs a pairing */
export const servePresence = (
  peer: Peer,
  isVerifier: (peerId: string) => boolean,
  answer: (presence: Presence) => Promise<Presence[]>,
  log: Logger,
): Promise<void> =>
  handleStreams(
    peer,
    PRESENCE_PROTOCOL,
    Presence.maxBytes,
    async (stream, peerId) => {
      if (!isVerifier(peerId)) throw new Error('not the peer id of a verifier')
      const bytes = await stream.receive()
      if (bytes === undefined) return
      await stream.send(Presences.encode({ presences: await answer(Presence.decode(bytes)) }))
    },
    (error, peerId) => log.debug({ peer: peerId, error: error.message }, 'a presence stream broke'),
  )

/** @returns what the verifier knows of the asker's processes. @throws StreamError, MessageError */
export async function presentTo(
  peer: Dialler,
  verifier: PeerAddress,
  presence: Presence,
  signal: AbortSignal,
): Promise<Presence[]> {
  const stream = await openStream(peer, verifier, PRESENCE_PROTOCOL, Presences.maxBytes, signal)
  try {
    await stream.send(Presence.encode(presence))
    const bytes = await stream.receive()
    return bytes === undefined ? [] : Presences.decode(bytes).presences
  } finally {
    await stream.close()
  }
}
