/** What a store took, and whether that is within its limits. Pure. */
import { percent } from '../figures.js'
import { table } from '../markdown.js'
import { type Network, type SignedBytes, totalOf } from './epoch.js'

/** Bytes on the disk for each byte that somebody signed, or that a report certifies. */
export const MOST_RATIO = 1.2
export const MOST_START_MS = 2000
export const MOST_MEMORY_MB = 300

/** What a process found that opened the store, read what a node reads first, and then wrote on and pruned. */
export interface Opening {
  readonly startMs: number
  /** the most that the process held in memory, at any time */
  readonly memoryMb: number
}

export interface StoreResult {
  readonly bench: 'store'
  readonly network: Network
  readonly epochs: number
  /** of all epochs */
  readonly signed: SignedBytes
  /** of the data directory: database and signing record */
  readonly diskBytes: number
  readonly writeMs: number
  readonly opening: Opening
  readonly verdict: string
}

export const ratioOf = ({ signed, diskBytes }: Pick<StoreResult, 'signed' | 'diskBytes'>): number =>
  diskBytes / totalOf(signed)

export function verdictOf(found: Pick<StoreResult, 'signed' | 'diskBytes' | 'opening'>): string {
  const { startMs, memoryMb } = found.opening
  const ratio = ratioOf(found)
  const failures = [
    ...(ratio > MOST_RATIO
      ? [`The store takes ${ratio.toFixed(2)} times the signed bytes, more than ${MOST_RATIO}.`]
      : []),
    ...(startMs > MOST_START_MS ? [`A start takes ${Math.round(startMs)} ms, more than ${MOST_START_MS}.`] : []),
    ...(memoryMb > MOST_MEMORY_MB
      ? [`The process takes ${Math.round(memoryMb)} MB, more than ${MOST_MEMORY_MB}.`]
      : []),
  ]
  return failures.length === 0 ? 'PASS' : `FAIL: ${failures.join(' ')}`
}

const kb = (bytes: number): string => (bytes / 1000).toFixed(1)

export function storeTable(result: StoreResult): string {
  const { network, epochs, signed, diskBytes, writeMs, opening, verdict } = result
  const { verifiers, providers, windowEpochs } = network
  return [
    `${verifiers} verifiers, ${providers} providers, ${epochs} epochs, windows of ${windowEpochs}`,
    '',
    ...table(
      ['', 'an epoch'],
      [
        ['votes, kB', kb(signed.votes / epochs)],
        ['signed messages, kB', kb(signed.messages / epochs)],
        ['leaves, kB', kb(signed.leaves / epochs)],
        ['on the disk, kB', kb(diskBytes / epochs)],
        ['on the disk, of the three above', percent(ratioOf(result), 0)],
        ['to write, ms', (writeMs / epochs).toFixed(1)],
      ],
    ),
    '',
    `A start takes ${Math.round(opening.startMs)} ms. The process takes ${Math.round(opening.memoryMb)} MB at most.`,
    '',
    `**${verdict}**`,
  ].join('\n')
}
