/** The figures of a run of `bench justice` as text and as tables for the documentation. Pure. */
import { table } from '../markdown.js'
import { median, quantile } from '../quantile.js'
import type { CalibrationStep, CellResult, JusticeResult, JusticeRow } from './result.js'
import { faultOf, isBlaming, isTaken, limitOf, warnedOf } from './verdict.js'

const share = (value: number | undefined | null): string =>
  value === undefined || value === null || Number.isNaN(value) ? '' : value.toFixed(2)

const figures = (rows: readonly JusticeRow[], of: 'reading' | 'passed'): number[] => rows.flatMap(row => row[of] ?? [])

/** `verified 198, at-least: unstable 2`, the most frequent first. */
export const outcomesText = (rows: readonly JusticeRow[]): string =>
  counted(rows.map(({ outcome, reason }) => (reason === null ? outcome : `${outcome}: ${reason}`)))

/** `12 of 20`; empty if nobody looked. */
function warnedText(rows: readonly JusticeRow[]): string {
  const looked = rows.filter(({ warned }) => warned !== null).length
  return looked === 0 ? '' : `${warnedOf(rows)} of ${looked}`
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function cellColumns(cell: CellResult): string[] {
  const { name, class: of, mean, rows } = cell
  const [reading, passed] = [figures(rows, 'reading'), figures(rows, 'passed')]
  const result = limitOf(cell) ?? faultOf(cell) ?? takenText(cell)
  return [
    name,
    of,
    mean === null ? 'wide' : share(mean),
    share(median(passed)),
    share(median(reading)),
    share(quantile(reading, 0)),
    counted(rows.flatMap(({ first }) => first ?? [])),
    outcomesText(rows),
    warnedText(rows),
    result,
  ]
}

/** What a household did to a line that it may share. */
function takenText({ class: of, rows }: CellResult): string {
  const taken = of === 'contended' ? rows.filter(isTaken) : []
  if (taken.length === 0) return ''
  const blamed = taken.filter(isBlaming).length
  return `the household took a part of the claim in ${taken.length}, blamed in ${blamed}, warned in ${warnedOf(taken)}`
}

const HEAD = ['cell', 'class', 'line', 'passed', 'reading', 'lowest', 'low first tries', 'outcomes', 'warned', '']
const WIDTHS = [24, 9, 5, 6, 7, 6, 15, 24, 10, 0]

/** One line for the person who waits. */
export const cellLine = (cell: CellResult): string =>
  cellColumns(cell)
    .map((text, i) => text.padEnd(WIDTHS[i]!))
    .join('  ')
    .trimEnd()

export const headLine = (): string =>
  HEAD.map((text, i) => text.padEnd(WIDTHS[i]!))
    .join('  ')
    .trimEnd()

export const calibrationLine = ({ parallel, lowest, starved, ok }: CalibrationStep): string =>
  `calibration: ${parallel} sessions at once, lowest reading ${share(lowest)}, ${starved} starved${ok ? '' : ': too many'}`

export function costLine({
  cells,
  cpuSeconds,
  minutes,
  overruns,
}: Pick<JusticeResult, 'cells' | 'cpuSeconds' | 'minutes' | 'overruns'>): string {
  const rows = cells.flatMap(cell => cell.rows)
  const sum = (of: 'megabytes' | 'seconds') => rows.reduce((total, row) => total + row[of], 0)
  const count = Math.max(1, rows.length)
  const dropped = overruns === null ? '' : `; sockets had no room for ${overruns} datagrams`
  return `${rows.length} votes in ${minutes.toFixed(1)} minutes: ${(sum('seconds') / count).toFixed(1)} s, ${(sum('megabytes') / count).toFixed(1)} MB and ${(cpuSeconds / count).toFixed(2)} core-seconds each${dropped}`
}

export function justiceTables(result: JusticeResult): string {
  const { cells, date, machine, claimKbps, sessions, parallel, seed, verdict } = result
  return [
    `Measured on ${date.slice(0, 10)} with ${machine}; claim ${claimKbps / 1000} Mbit/s, ${sessions} sessions a cell, ${parallel} at once, seed ${seed}. ${costLine(result)}.`,
    '',
    `**${verdict}**`,
    '',
    ...table(HEAD, cells.map(cellColumns)),
  ].join('\n')
}
