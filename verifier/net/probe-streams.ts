/**
 * The probe protocol over libp2p, at the sender's end. Receivers are verifiers, so the node reads nothing that another peer
 * sends. It reads no long message before it has taken an invitation, which is short.
 */
import type { Logger } from 'pino'
import { MAX_INVITE_BYTES, ProbeFrame } from '../../proto/messages.js'
import { PROBE_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { handleStreams, type StreamHandler } from './streams.js'

/** @param isVerifier whether a verifier has announced the peer id */
export const serveProbes = (
  peer: Pick<Peer, 'handle'>,
  isVerifier: (peerId: string) => boolean,
  serve: StreamHandler,
  log: Pick<Logger, 'debug'>,
): Promise<void> =>
  handleStreams(
    peer,
    PROBE_PROTOCOL,
    ProbeFrame.maxBytes,
    async (stream, peerId, connection) => {
      if (!isVerifier(peerId)) throw new Error('not the peer id of a verifier')
      await serve(stream, peerId, connection)
    },
    (error, peerId) => log.debug({ peer: peerId, error: error.message }, 'a probe stream broke'),
    MAX_INVITE_BYTES,
  )
