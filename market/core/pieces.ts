import type { Duplex } from 'node:stream'

/** What comes out of one half of a stream. Its other half goes on when this one ends, or when nobody reads it any more. */
export const piecesOf = (stream: Duplex): AsyncIterable<Buffer> => stream.iterator({ destroyOnReturn: false })
