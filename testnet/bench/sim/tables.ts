/** The figures of `bench sim` for the documentation. Pure. */
import { percent } from '../figures.js'
import { table } from '../markdown.js'
import { NETWORKS, SHARES } from './plan.js'
import { isInnocent, type SimResult, type SimRow } from './result.js'

export function simTables({ date, machine, seed, depth, minutes, rows, verdict }: SimResult): string {
  const innocent = rows.filter(isInnocent)
  return [
    `Run on ${date.slice(0, 10)} with ${machine}, seed ${seed}: ${depth.epochs} epochs at each share for the honest provider whose rate colluders deflate, over all networks, and ${depth.windows} windows for each other world and network; ${minutes.toFixed(1)} minutes.`,
    '',
    `**${verdict}**`,
    '',
    'Penalties of providers that keep at least 0.76 of their claims, over all their worlds (in brackets, windows that were a breach, and all windows):',
    '',
    ...byShare(
      innocent,
      'network',
      NETWORKS.map(({ name }) => name),
      of => {
        const sum = (count: (row: SimRow) => number) => of.reduce((total, row) => total + count(row), 0)
        return `${sum(row => row.penalties)} (${sum(row => row.breaches)} of ${sum(row => row.windows)})`
      },
    ),
    '',
    'A window of the honest provider is a breach, deflated (in brackets, as derived):',
    '',
    ...byShare(
      rows.filter(({ behaviour, strategy }) => behaviour === 'honest' && ['deflate', 'none'].includes(strategy)),
      'network',
      NETWORKS.map(({ name }) => name),
      ([row]) => `${chance(row!.breaches / row!.windows)} (${chance(row!.wrongBreach)})`,
    ),
    '',
    ...NETWORKS.flatMap(({ name }) => [
      `Bias of the certified rate, n of N = ${name} (in brackets, the derived bound):`,
      '',
      ...byShare(
        rows.filter(({ network }) => network === name),
        'world',
        worldsOf(rows),
        ([row]) => biasText(row),
      ),
      '',
      `Epochs to a penalty, n of N = ${name}: mean / P95 (in brackets, the derived mean):`,
      '',
      ...byShare(
        rows.filter(row => row.network === name && !isInnocent(row)),
        'world',
        worldsOf(rows.filter(row => !isInnocent(row))),
        ([row]) => waitText(row),
      ),
      '',
    ]),
    'Uptime of the provider that is off for 0.3 of the time, as ticks say, beside its true uptime:',
    '',
    ...byShare(
      rows.filter(({ behaviour }) => behaviour.startsWith('off')),
      'network',
      NETWORKS.map(({ name }) => name),
      of =>
        of
          .map(
            row =>
              `${row.strategy} ${percent(row.ticksUp / row.ticksTotal, 1)} / ${percent(row.epochsUp / row.epochs, 1)}`,
          )
          .join('; '),
    ),
  ].join('\n')
}

const worldName = ({ behaviour, strategy }: SimRow): string => `${behaviour}, ${strategy}`

/** At a share of 0 nobody colludes, whatever the strategy. */
const worldsOf = (rows: readonly SimRow[]): string[] => [
  ...new Set(rows.filter(({ strategy }) => strategy !== 'none').map(worldName)),
]

function byShare(
  rows: readonly SimRow[],
  by: 'network' | 'world',
  names: readonly string[],
  cell: (rows: readonly SimRow[]) => string,
): string[] {
  const isOf = (row: SimRow, name: string): boolean =>
    by === 'network'
      ? row.network === name
      : worldName(row) === name || (row.strategy === 'none' && name.startsWith(`${row.behaviour},`))
  return table(
    [by === 'network' ? 'n of N' : 'provider, strategy', ...SHARES.map(share => `share ${share}`)],
    names.map(name => [name, ...SHARES.map(share => cell(rows.filter(row => row.share === share && isOf(row, name))))]),
  )
}

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`

function biasText(row: SimRow | undefined): string {
  if (row === undefined || row.measured === 0) return 'no rate'
  return `${signed(row.bias)} (${signed(row.bias < 0 ? row.leastBias : row.mostBias)})`
}

function waitText(row: SimRow | undefined): string {
  const derived =
    row?.derivedWait === null || row === undefined
      ? ''
      : ` (${row.derivedWait < 1e4 ? row.derivedWait.toFixed(1) : row.derivedWait.toExponential(0)})`
  if (row === undefined || row.wait === null) return `never in ${row?.windows ?? 0}${derived}`
  return `${row.wait.mean.toFixed(1)} / ${row.wait.p95}${derived}`
}

/** In per cent; below a thousandth as a power of ten. */
function chance(of: number): string {
  if (of === 0) return '0'
  return of >= 0.001 ? percent(of) : `10^${Math.round(Math.log10(of))}`
}
