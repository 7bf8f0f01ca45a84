/** What `bench core` found. Pure. */
import { table } from '../markdown.js'
import type { NetworkSize } from './network.js'

export interface EpochFigures {
  readonly assignSeconds: number
  /** votes read, tallied and folded into leaves; their tree, and one proof */
  readonly reportSeconds: number
  /** of all votes; they are made and folded a slice at a time, so memory never holds them all */
  readonly ballotBytes: number
  readonly sessions: number
  /** sessions for which the epoch has no room */
  readonly unplaced: number
  /** that the assignment takes at least */
  readonly hashes: number
}

export interface CoreRow extends NetworkSize {
  /** the first epoch of a window, which also makes the roots over the receivers, and starts with cold code */
  readonly first: EpochFigures
  readonly next: EpochFigures
  /** one bare Keccak of 64 bytes on this machine, in the same run */
  readonly bareHashSeconds: number
  readonly peakMegabytes: number
}

/** How many times the bare hashes of an assignment the assignment takes: the same on a fast machine and on a slow one. */
export const assignRatio = ({ next, bareHashSeconds }: CoreRow): number =>
  next.assignSeconds / (next.hashes * bareHashSeconds)

const seconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

export const coreTable = (rows: readonly CoreRow[]): string =>
  table(
    [
      ...[
        'providers',
        'window',
        'assign, s',
        '× bare hashes',
        'report, s',
        'first of a window: assign, s',
        'report, s',
      ],
      ...['votes, GB', 'peak memory, MB', 'hashes/s'],
    ],
    rows.map(row => [
      row.providers.toLocaleString('en'),
      `${row.windowEpochs}`,
      seconds(row.next.assignSeconds),
      assignRatio(row).toFixed(1),
      seconds(row.next.reportSeconds),
      seconds(row.first.assignSeconds),
      seconds(row.first.reportSeconds),
      (row.next.ballotBytes / 1e9).toFixed(2),
      `${row.peakMegabytes}`,
      Math.round(1 / row.bareHashSeconds).toLocaleString('en'),
    ]),
  ).join('\n')
