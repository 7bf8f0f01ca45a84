/** The figures of the data plane as tables for the documentation. Pure. */
import { table } from '../markdown.js'
import { type DataplaneResult, labelOf, type SessionsResult } from './results.js'
import { type Row, total } from './verdict.js'

const ROLES = ['sender', 'relay', 'receiver', 'verifying'] as const

export function dataplaneTables({ date, machine, path, seconds, rows, verdict }: DataplaneResult): string {
  const all: Row[] = Object.values(rows)
  return [
    `Measured on ${date.slice(0, 10)} with ${machine}; ${path}; trials of ${seconds} s, each row the middle one of ${all[0]?.roundsGbps.length ?? 0} rounds.`,
    '',
    `**${verdict}**`,
    '',
    ...table(['', 'Gbit/s', 'rounds', 'resident MB'], all.map(carried)),
    '',
    'Core-seconds per gigabit of verified payload, and how many of them the kernel takes:',
    '',
    ...table(['', 'all', ...ROLES], all.map(costs)),
  ].join('\n')
}

const carried = (row: Row): string[] => [
  labelOf(row),
  row.gbps.toFixed(2),
  row.roundsGbps.map(gbps => gbps.toFixed(2)).join(', '),
  Object.values(row.residentMb).join(', '),
]

function costs(row: Row): string[] {
  const cost = (all: number | undefined, kernel: number | undefined) =>
    all === undefined || kernel === undefined ? '' : `${all.toFixed(2)}, ${kernel.toFixed(2)}`
  return [
    labelOf(row),
    cost(total(row.coreSeconds), total(row.kernelSeconds)),
    ...ROLES.map(role => cost(row.coreSeconds[role], row.kernelSeconds[role])),
  ]
}

export function sessionsTables(result: SessionsResult): string {
  const { date, machine, backend, sessions, claimKbps, limitKbps, rounds, verdict } = result
  const minutes = (rounds.at(-1)?.seconds ?? 0) / 60
  return [
    `Measured on ${date.slice(0, 10)} with ${machine}; datagrams by ${backend}; ${sessions} sessions at once for ${minutes.toFixed(1)} minutes, each with a provider that claims ${claimKbps} kbit/s and forwards ${limitKbps}.`,
    '',
    `**${verdict}**`,
  ].join('\n')
}
