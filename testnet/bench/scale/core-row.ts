/** What assignment and report of one network took. Pure. */
import type { CoreSize } from './sizes.js'

export interface EpochFigures {
  readonly assignSeconds: number
  /** votes read, tallied and folded into leaves; their tree, and one proof */
  readonly reportSeconds: number
  /** they are made and folded a slice at a time, so memory never holds them all */
  readonly votes: number
  readonly sessions: number
  /** sessions for which the epoch has no room */
  readonly unplaced: number
  /** that the assignment takes at least */
  readonly assignHashes: number
}

/** As it was computed: with all providers, or with a sample. */
export interface CoreRow extends CoreSize {
  /** providers that were computed; those of the network if it was measured whole */
  readonly sample: number
  /** the first epoch of a window, which also makes the roots over the receivers */
  readonly first: EpochFigures
  readonly next: EpochFigures
  /** the last epoch of a window, whose report tallies the votes of all of it; absent if a window is one epoch */
  readonly last?: EpochFigures
  /** one bare Keccak of 64 bytes on this machine, in the same process */
  readonly bareHashSeconds: number
  /** of the time, in which the thread ran: near 1 on a machine without other work */
  readonly processorShare: number
  /** of the process before it knew of the network */
  readonly baseMegabytes: number
  readonly peakMegabytes: number
}

/** The figures of a whole network. */
export interface CoreCell extends CoreSize {
  /** providers from which it was simulated; undefined if it was measured */
  readonly sample: number | undefined
  readonly first: EpochFigures
  readonly next: EpochFigures
  readonly last?: EpochFigures
  readonly bareHashSeconds: number
  readonly processorShare: number
  readonly peakMegabytes: number
}

/**
 * All grows with the providers, and a sorted list of them by a little more. A process that computes a sample also holds what
 * does not grow.
 */
export function cellOf({ sample, baseMegabytes, ...row }: CoreRow): CoreCell {
  const { providers, first, next, last, peakMegabytes } = row
  if (sample === providers) return { ...row, sample: undefined }
  const factor = providers / sample
  return {
    ...{ ...row, sample, first: times(first, factor), next: times(next, factor) },
    ...(last && { last: times(last, factor) }),
    peakMegabytes: Math.round(baseMegabytes + factor * (peakMegabytes - baseMegabytes)),
  }
}

const times = (figures: EpochFigures, factor: number): EpochFigures => ({
  assignSeconds: factor * figures.assignSeconds,
  reportSeconds: factor * figures.reportSeconds,
  votes: factor * figures.votes,
  sessions: factor * figures.sessions,
  unplaced: factor * figures.unplaced,
  assignHashes: factor * figures.assignHashes,
})

export const epochsOf = ({ first, next, last }: Pick<CoreCell, 'first' | 'next' | 'last'>): EpochFigures[] =>
  last === undefined ? [first, next] : [first, next, last]

/** How many times the bare hashes of an assignment it takes: the same on a fast machine and on a slow one. */
export const assignRatio = ({ assignSeconds, assignHashes }: EpochFigures, bareHashSeconds: number): number =>
  assignSeconds / (assignHashes * bareHashSeconds)

/** How many bare hashes a report takes for each vote. */
export const reportRatio = ({ reportSeconds, votes }: EpochFigures, bareHashSeconds: number): number =>
  reportSeconds / (votes * bareHashSeconds)
