/** The session protocol: each stream is one session of the node's relay. */
import type { Logger } from 'pino'
import type { Relay } from '../../probe/index.js'
import { RelayOpen } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import type { ConnectionPool } from '../net/connection-pool.js'
import { remoteOf } from '../net/pooled.js'
import { handleStreams } from '../net/streams.js'

export const serveSessions = (
  peer: Parameters<typeof handleStreams>[0],
  pool: ConnectionPool,
  relay: Pick<Relay, 'serve'>,
  log: Logger,
): Promise<void> =>
  handleStreams(
    peer,
    SESSION_PROTOCOL,
    RelayOpen.maxBytes,
    async (stream, from, connection) => {
      const remote = remoteOf(connection)
      const ends = [pool.serve(remote)]
      try {
        await relay.serve(stream, from, {
          reserved: () => ends.push(pool.reserve(remote)),
          unanswered: () => pool.drop(remote),
        })
      } finally {
        for (const end of ends) end()
      }
    },
    (error, from) => log.debug({ peer: from, error: error.message }, 'a session stream broke'),
  )
