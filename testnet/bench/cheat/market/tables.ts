/** The figures of a run as a table for the documentation. Pure. */
import { exactTokensText } from '../../../../verifier/cli/figures.js'
import { percent, thousands } from '../../figures.js'
import { table } from '../../markdown.js'
import { isKept, type MarketCheatResult, type Row } from './result.js'

export function marketCheatTables(result: MarketCheatResult): string {
  const { date, machine, seed, claimKbps, epochs, networks, verdict } = result
  const minutes = networks.reduce((sum, network) => sum + network.minutes, 0)
  return [
    `Run on ${date.slice(0, 10)} with ${machine}, seed ${seed}, claim ${claimKbps / 1000} Mbit/s, at least ${epochs} epochs for each network; ${minutes.toFixed(1)} minutes.`,
    '',
    `**${verdict}**`,
    '',
    ...table(
      ['cheat', 'what', 'figure', 'bound', 'the bound is', 'holds'],
      networks.flatMap(({ rows }) => rows.map(line)),
    ),
  ].join('\n')
}

const line = (row: Row): string[] => [
  `\`${row.cheat}\``,
  row.what,
  text(row.unit, row.figure),
  text(row.unit, row.bound),
  row.boundIs,
  isKept(row) ? 'yes' : '**no**',
]

function text(unit: Row['unit'], figure: string): string {
  if (unit === 'wei') return `${exactTokensText(BigInt(figure))} tokens`
  return unit === 'bytes' ? `${thousands(Number(figure))} bytes` : percent(Number(figure) / 10_000)
}
