/**
 * Yamux over a connection that may end at any moment. The library announces a new stream in a microtask of its own, where
 * nobody can catch an error, and throws there if the connection has just ended: that would end the process. Here such a
 * frame is dropped, as one on its way would be. The streams end with the connection, and whoever uses them hears of it.
 */
import type { StreamMuxerFactory } from '@libp2p/interface'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'

export function muxer(init: YamuxMuxerInit = {}): () => StreamMuxerFactory {
  return () => {
    const factory = yamux(init)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const made = create(connection)
      const send = made.send.bind(made)
      made.send = data => {
        try {
          return send(data)
        } catch (error) {
          if ((error as Error).name !== CONNECTION_ENDED) throw error
          return true // nobody need wait for room
        }
      }
      return made
    }
    return factory
  }
}

/** What a connection throws that takes no more data. */
const CONNECTION_ENDED = 'StreamStateError'
