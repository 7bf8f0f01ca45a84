/** The figures of the tunnel as tables. Pure. */
import { criteriaTable } from '../criteria.js'
import { table } from '../markdown.js'
import { quantile } from '../quantile.js'
import type { FaultRow, RateRow, TunnelResult, UptimeRow } from './result.js'
import { gapsBeforeOf, gapsOf, sharesOf } from './verdict.js'

const ms = (value: number): string => value.toFixed(0)
const share = (value: number): string => value.toFixed(2)

export function tunnelTables(result: TunnelResult): string {
  const { date, machine, commit, seed, delayBy, faults, rates, uptimes, notes, criteria, verdict } = result
  return [
    `Measured on ${date.slice(0, 10)} at commit \`${commit}\` with ${machine}; round trip of 40 ms by ${delayBy}; seed \`${seed}\`.`,
    ...notes.map(note => `${note}.`),
    '',
    `**${verdict}**`,
    ...(faults.length > 0 ? ['', ...faultTable(faults)] : []),
    ...(rates.length > 0 ? ['', ...rateTable(rates)] : []),
    ...(uptimes.length > 0 ? ['', ...uptimeTable(uptimes)] : []),
    '',
    ...criteriaTable(criteria),
  ].join('\n')
}

const faultTable = (rows: readonly FaultRow[]): string[] =>
  table(
    [
      '',
      'faults',
      'gap P50',
      'P95',
      'most, ms',
      'before P99, ms',
      'left P50, ms',
      'share P50',
      'P5',
      'least',
      'before P50',
      'P5',
      'wrong bytes',
      'other deaths',
      'took, s',
    ],
    rows.map(row => {
      const [gaps, shares] = [gapsOf(row), sharesOf(row)]
      const before = row.readings.flatMap(({ shareBefore }) => shareBefore ?? [])
      const left = row.readings.flatMap(({ leftMs }) => leftMs ?? [])
      return [
        `${row.way}, ${row.fault}, ${row.rateKbps / 1000} Mbit/s a path`,
        String(row.readings.length),
        ms(quantile(gaps, 0.5)),
        ms(quantile(gaps, 0.95)),
        ms(Math.max(...gaps)),
        ms(quantile(gapsBeforeOf(row), 0.99)),
        left.length > 0 ? ms(quantile(left, 0.5)) : '–',
        share(quantile(shares, 0.5)),
        share(quantile(shares, 0.05)),
        share(Math.min(...shares)),
        before.length > 0 ? share(quantile(before, 0.5)) : '–',
        before.length > 0 ? share(quantile(before, 0.05)) : '–',
        row.isSameHash ? String(row.wrongBytes) : 'hash differs',
        row.way === 'mptcp' ? '–' : String(row.otherDeaths),
        ms(row.seconds),
      ]
    }),
  )

const rateTable = (rows: readonly RateRow[]): string[] =>
  table(
    ['', 'path, Mbit/s', 'loss, %', 'Mbit/s', 'of the paths'],
    rows.map(({ what, pathKbps, lossPercent, congestion, rateKbps }) => [
      congestion ? `${what}, ${congestion}` : what,
      pathKbps === undefined ? 'no limit' : String(pathKbps / 1000),
      String(lossPercent),
      (rateKbps / 1000).toFixed(1),
      pathKbps === undefined ? '–' : share(rateKbps / pathKbps / (what === 'two legs' || what === 'mptcp' ? 2 : 1)),
    ]),
  )

const uptimeTable = (rows: readonly UptimeRow[]): string[] =>
  table(
    ['', 'minutes', 'deaths', 'other deaths', 'up, %', 'longest gap, ms', 'wrong bytes'],
    rows.map(({ legs, seconds, deaths, others, up, longestMs, wrongBytes }) => [
      `${legs} ${legs === 1 ? 'leg' : 'legs'}`,
      (seconds / 60).toFixed(1),
      String(deaths),
      String(others),
      (100 * up).toFixed(2),
      ms(longestMs),
      String(wrongBytes),
    ]),
  )
