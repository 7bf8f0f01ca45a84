/** The order of a session's chunks in its publication. */
import type { Chunk } from './chunk.js'
import { Publication } from './openings.js'
import type { Run } from './runs.js'

/**
 * With k senders, the slots below k hold their main flows, each with the turn of a soak at its end. The slots from k on
 * hold their control datagrams, the slots from 2k on their direct probes.
 * @param senders by slot
 */
export const publish = (senders: readonly Readonly<Record<Run, readonly Chunk[]>>[]): Publication =>
  new Publication([
    ...senders.map(({ main, turn }) => [...main, ...turn]),
    ...senders.map(({ control }) => control),
    ...senders.map(({ direct }) => direct),
  ])
