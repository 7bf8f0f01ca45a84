/** The plots of `bench sim`: what was found as points, beside the derived curves. Pure. */
import { linePlot, type Plot, type Point, type Series } from '../line-plot.js'
import { type DerivedOdds, derivedOdds } from './derived.js'
import { NETWORKS, SHARES } from './plan.js'
import type { SimResult, SimRow } from './result.js'

const CURVE_SHARES = Array.from({ length: 41 }, (_, i) => i / 100)
const X = { xLabel: 'share of the verifiers that collude', x: [0, 0.42], xTicks: SHARES } as const

interface Drawn {
  readonly name: string
  readonly network: string
  readonly behaviour: string
  readonly delivers: number
  readonly strategy: string
  readonly derived: (odds: DerivedOdds) => number | null
  readonly found: (row: SimRow) => number | null
}

/** Files of docs/research, by name. */
export function simPlots({ rows }: Pick<SimResult, 'rows'>): Readonly<Record<string, string>> {
  const large = '31 of 256'
  const bias = (behaviour: string, delivers: number, strategy: string): Drawn => ({
    ...{ name: `${behaviour}, ${strategy}`, network: large, behaviour, delivers, strategy },
    derived: odds => (strategy === 'deflate' ? odds.leastBias : odds.mostBias),
    found: row => (row.measured === 0 ? null : row.bias),
  })
  const perNetwork = (behaviour: string, delivers: number, strategy: string, of: Pick<Drawn, 'derived' | 'found'>) =>
    NETWORKS.map(
      ({ name }): Drawn => ({ name: `n of N = ${name}`, network: name, behaviour, delivers, strategy, ...of }),
    )
  const series = (drawn: readonly Drawn[]): Series[] => drawn.map(one => seriesOf(one, rows))
  const tens = (from: number, to: number, step: number) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => 10 ** (from + step * i))
  const plots: Record<string, Plot> = {
    'simulation-bias.svg': {
      ...X,
      title: `Bias of the certified rate, n of N = ${large}, and its bound`,
      yLabel: 'rate / delivered − 1',
      ...{ y: [-1, 1], yTicks: [-1, -0.5, 0, 0.5, 1], logarithmic: false, yText: y => `${100 * y} %` },
      series: series([
        bias('honest', 1, 'deflate'),
        bias('delivers 0.9', 0.9, 'inflate'),
        bias('delivers 0.7', 0.7, 'inflate'),
        bias('delivers 0.5', 0.5, 'inflate'),
      ]),
    },
    'simulation-breaches.svg': {
      ...X,
      title: 'A window of an honest provider is a breach',
      yLabel: 'share of the windows',
      ...{ y: [1e-12, 1], yTicks: tens(-12, 0, 2), logarithmic: true, yText: y => `10^${Math.round(Math.log10(y))}` },
      series: series(
        perNetwork('honest', 1, 'deflate', {
          derived: odds => odds.wrongBreach,
          found: row => row.breaches / row.windows,
        }),
      ),
    },
    'simulation-waits.svg': {
      ...X,
      title: 'Epochs until a provider that delivers 0.5 is slashed, with vetoes',
      yLabel: 'epochs, each of one window',
      ...{ y: [1, 1e6], yTicks: tens(0, 6, 1), logarithmic: true, yText: y => y.toLocaleString('en') },
      series: series(
        perNetwork('delivers 0.5', 0.5, 'veto', {
          derived: odds => odds.derivedWait,
          found: row => row.wait?.mean ?? null,
        }),
      ),
    },
  }
  return Object.fromEntries(Object.entries(plots).map(([file, plot]) => [file, linePlot(plot)]))
}

function seriesOf(
  { name, network, behaviour, delivers, strategy, derived, found }: Drawn,
  rows: readonly SimRow[],
): Series {
  const size = NETWORKS.find(one => one.name === network)!
  const point = (x: number, y: number | null): Point[] => (y === null ? [] : [[x, y]])
  return {
    name,
    line: CURVE_SHARES.flatMap(share =>
      point(share, derived(derivedOdds(size, { delivers, offline: 0, strategy, share }))),
    ),
    points: rows
      .filter(
        row => row.network === network && row.behaviour === behaviour && [strategy, 'none'].includes(row.strategy),
      )
      .flatMap(row => point(row.share, found(row))),
  }
}
