/** The figures of a run of `bench measure` as tables for the documentation. Pure. */

import { percent } from '../figures.js'
import { table } from '../markdown.js'
import { cellName } from './grid.js'
import { type CellResult, FIRST_READING, type MeasureResult, type SessionRow, type ToolRow } from './results.js'
import { mean, shortcomings, summarise } from './summary.js'

export function measureTables(result: MeasureResult): string {
  const { cells, date, machine, lab, claimFactor, minutes, verdict } = result
  const repeat = Math.max(...cells.map(({ sessions }) => sessions.length))
  const backends = distinct(cells.flatMap(({ sessions }) => sessions.map(({ backend }) => backend)))
  return [
    `Measured on ${date.slice(0, 10)} with ${machine}; ${lab}; datagrams by ${backends.join(', ')}; ${repeat} sessions a cell, claim ${claimFactor} × the link's rate; ${minutes.toFixed(1)} minutes in all.`,
    '',
    `**${verdict}**`,
    '',
    'Median and P95 of the absolute error, in per cent:',
    '',
    ...errorTables(cells),
    '',
    'The mean cost of a session, over all cells of a rate:',
    '',
    ...costTable(cells),
    '',
    againstLink(cells),
    ...toolTable(cells),
    ...remarks(cells, repeat),
  ].join('\n')
}

/** One table for all rates that were measured on the same paths. */
function errorTables(cells: readonly CellResult[]): string[] {
  const pathsOf = (rateKbps: number): string =>
    cells
      .filter(({ cell }) => cell.rateKbps === rateKbps)
      .map(({ cell }) => `${cell.rttMs} ${cell.lossPercent}`)
      .join()
  return distinct(cells.map(({ cell }) => pathsOf(cell.rateKbps))).flatMap((paths, i) => [
    ...(i > 0 ? [''] : []),
    ...errorTable(cells.filter(({ cell }) => pathsOf(cell.rateKbps) === paths)),
  ])
}

function errorTable(cells: readonly CellResult[]): string[] {
  const paths = distinct(cells.map(({ cell }) => `${cell.rttMs} ms, ${cell.lossPercent} %`))
  const rows = distinct(cells.map(({ cell }) => cell.rateKbps)).map(rateKbps => [
    `${rateKbps / 1000} Mbit/s`,
    ...paths.map(path => {
      const found = cells.find(
        ({ cell }) => cell.rateKbps === rateKbps && `${cell.rttMs} ms, ${cell.lossPercent} %` === path,
      )
      if (!found) return ''
      if (found.limited !== null) return 'harness-limited'
      return found.sessions.length > 0 ? errors(found.sessions) : 'failed'
    }),
  ])
  return table(['', ...paths], rows)
}

function costTable(cells: readonly CellResult[]): string[] {
  const rows = distinct(cells.map(({ cell }) => cell.rateKbps)).flatMap(rateKbps => {
    const sessions = cells.filter(({ cell }) => cell.rateKbps === rateKbps).flatMap(cell => cell.sessions)
    if (sessions.length === 0) return []
    const sending = sessions.map(row => row.sendingMs / 1000)
    const most = Math.max(...sessions.map(row => row.bytes))
    const row = [
      `${rateKbps / 1000} Mbit/s`,
      (sending.reduce((sum, seconds) => sum + seconds, 0) / sending.length).toFixed(2),
      Math.max(...sending).toFixed(2),
      mean(sessions, 'seconds').toFixed(2),
      megabytes(mean(sessions, 'bytes')),
      megabytes(most),
    ]
    return [row]
  })
  return table(['', 'data flows, s', 'at most', 'whole session, s', 'delivered, MB', 'at most'], rows)
}

function toolTable(cells: readonly CellResult[]): string[] {
  const compared = cells.filter(({ tools }) => tools.some(({ tool }) => tool !== FIRST_READING))
  if (compared.length === 0) return []
  const rows = compared.flatMap(({ cell, sessions, tools }) =>
    [{ tool: 'this probe', rows: sessions, failures: [] as readonly string[] }, ...tools].map(
      ({ tool, rows, failures }, i) => [
        i === 0 ? cellName(cell) : '',
        tool,
        ...(rows.length === 0
          ? [`failed: ${failures[0]}`, '', '', '']
          : [
              errors(rows),
              signed(summarise(rows.map(row => row.error)).bias),
              mean(rows, 'seconds').toFixed(1),
              megabytes(mean(rows, 'bytes')),
            ]),
      ],
    ),
  )
  return [
    '',
    'Other tools on the same links (errors in per cent; seconds and MB of one session or one run):',
    '',
    ...table(['cell', 'tool', 'median / P95', 'bias', 's', 'MB'], rows),
  ]
}

/** The errors if loss behind the link counted against the reading. */
function againstLink(cells: readonly CellResult[]): string {
  const measured = cells.filter(({ sessions }) => sessions.length > 0)
  const medians = distinct(measured.map(({ cell }) => cell.lossPercent)).map(loss => {
    const rows = measured.filter(({ cell }) => cell.lossPercent === loss).flatMap(({ sessions }) => sessions)
    const errors = rows.map(({ readingKbps, linkKbps }) => (readingKbps ?? 0) / linkKbps - 1)
    return `${signed(summarise(errors).bias)} at ${loss} % loss`
  })
  return `Compared with the shaper's counter alone, so that loss behind the shaper counts as an error, the median error is ${medians.join(', ')}.`
}

function remarks(cells: readonly CellResult[], repeat: number): string[] {
  const lines = cells.flatMap(result => {
    const { cell, limited, sessions } = result
    if (limited !== null) return [`- ${cellName(cell)} is harness-limited: ${limited}.`]
    const without = sessions.filter(row => row.readingKbps === null).map(row => row.outcome)
    return [...shortcomings(result, repeat), ...without].map(what => `- ${cellName(cell)}: ${what}.`)
  })
  return lines.length > 0 ? ['', ...lines] : []
}

function errors(rows: readonly (SessionRow | ToolRow)[]): string {
  const { median, p95 } = summarise(rows.map(row => row.error))
  return `${(100 * median).toFixed(2)} / ${(100 * p95).toFixed(2)}`
}

const signed = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]
