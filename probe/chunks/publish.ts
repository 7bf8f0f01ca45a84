/** How a session's chunks lie in its publication. */
import type { Chunk } from './chunk.js'
import { Publication } from './openings.js'
import type { Run } from './runs.js'

/**
 * Of k senders, slots below k stand for what they sent through the provider, with that of their turns in the end, slots from k
 * on for their control datagrams, from 2k on for their direct probe.
 * @param senders by slot
 */
export const publish = (senders: readonly Readonly<Record<Run, readonly Chunk[]>>[]): Publication =>
  new Publication([
    ...senders.map(({ main, turn }) => [...main, ...turn]),
    ...senders.map(({ control }) => control),
    ...senders.map(({ direct }) => direct),
  ])
