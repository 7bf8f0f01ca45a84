import type { Duplex } from 'node:stream'

/** What was on its way when an application cancelled comes within this time: both ends wait for it so long. */
export const ON_ITS_WAY_MS = 30_000

/** What comes out of one half of a stream. Its other half goes on when this one ends, or when nobody reads it any more. */
export const piecesOf = (stream: Duplex): AsyncIterable<Buffer> => stream.iterator({ destroyOnReturn: false })
