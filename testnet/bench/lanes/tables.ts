/** The figures of a full link as tables. Pure. */
import { criteriaTable } from '../criteria.js'
import { percent } from '../figures.js'
import { table } from '../markdown.js'
import { median } from '../quantile.js'
import { CLAIM_KBPS, LANE_KBPS, PAYING } from './plan.js'
import type { LanesResult, MixRow } from './result.js'

const mbps = (kbps: number): string => (kbps / 1000).toFixed(2)

export function lanesTables({ date, machine, commit, seed, rows, criteria, verdict }: LanesResult): string {
  const { linkKbps = 0, seconds = 0 } = rows[0] ?? {}
  return [
    `Measured on ${date.slice(0, 10)} at commit \`${commit}\` with ${machine}; link ${mbps(linkKbps)}, claim ${mbps(CLAIM_KBPS)} and lane ${mbps(LANE_KBPS)} Mbit/s; ${seconds} s of each mix; seed \`${seed}\`.`,
    '',
    `**${verdict}**`,
    '',
    ...table(
      ['', 'users', 'offered, Mbit/s', 'carried', 'least user', 'lost', 'delay P50, ms', 'P99', 'most'],
      rows.flatMap(row => [...PAYING.map(traffic => classCells(row, traffic)), probeCells(row)]),
    ),
    '',
    ...rows.flatMap(countedText),
    '',
    ...criteriaTable(criteria),
  ].join('\n')
}

function classCells({ mix, classes }: MixRow, traffic: (typeof PAYING)[number]): string[] {
  const { users, offeredKbps, carriedKbps, leastKbps, delayMs } = classes[traffic]
  const delays = [delayMs.p50, delayMs.p99, delayMs.most].map(ms => ms.toFixed(1))
  const lost = percent(Math.max(0, 1 - carriedKbps / offeredKbps), 1)
  return [`${mix}: ${traffic}`, String(users), mbps(offeredKbps), mbps(carriedKbps), mbps(leastKbps), lost, ...delays]
}

/** As their receivers count, before the claim caps a reading: the median, and the least. */
function probeCells({ mix, readings }: MixRow): string[] {
  const kbps = readings.map(({ arrivedKbps }) => arrivedKbps)
  const carried = `${mbps(median(kbps))}, least ${mbps(Math.min(...kbps))}`
  return [`${mix}: probes`, String(readings.length), '', carried, '', '', '', '', '']
}

function countedText({ mix, readings, counted }: MixRow): string[] {
  const others = readings.filter(({ outcome }) => outcome !== 'verified').map(({ outcome }) => outcome)
  const { paidBytes, voidPayments, overruns, dropped } = counted
  const reasons = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`)
  return [
    `- ${mix}: ${(paidBytes / 2 ** 20).toFixed(0)} MiB paid, ${voidPayments} void payments; dropped ${reasons.join(', ')}; ${overruns} lost before they came in; ${others.length} probes not verified${others.length > 0 ? ` (${others.join('; ')})` : ''}.`,
  ]
}
