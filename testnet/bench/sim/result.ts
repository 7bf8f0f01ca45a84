/** The result of `bench sim`, as in its JSON file, what must hold of it, and the verdict. Pure. */
import { biasOf, type Figures, together } from '../../sim/figures.js'
import { percent } from '../figures.js'
import { quantile } from '../quantile.js'
import { type DerivedOdds, derivedOdds } from './derived.js'
import { type Depth, NETWORKS } from './plan.js'
import type { RunFigures } from './run.js'

/** Below this part of the claim a provider is to be slashed. */
const SLASHED_BELOW = 0.75
/** The promises hold as long as less than a third colludes; the bias keeps its limit up to `BIAS_SHARE`. */
export const MOST_SHARE = 0.33
const BIAS_SHARE = 0.2
const MOST_BIAS = 0.02
/** A mean this many standard errors off its bound contradicts it: by chance once in 15,000. */
const ERRORS_OFF = 4
/** With soaks in 5 % of the sessions, all soak votes in force are new after so many windows: until then rates depend on one another. */
const SOAK_WINDOWS = 20
/** No provider can be slashed sooner. */
const LEAST_WINDOWS = 3
/** How far the mean wait may be from the derived one, beside its standard error: the derivation has no accidents. */
const WAIT_SLACK = 0.1

/** One provider in one world, over all runs. */
export interface SimRow extends DerivedOdds, Omit<Figures, 'waits' | 'waiting' | 'biasSum' | 'scoreBps'> {
  readonly network: string
  readonly penalties: number
  /** mean of rate / delivered − 1 over the windows with a certified rate */
  readonly bias: number
  /** windows to a penalty, from the last one or from the start; null if there was none */
  readonly wait: { readonly least: number; readonly mean: number; readonly error: number; readonly p95: number } | null
}

export interface SimResult {
  readonly bench: 'sim'
  readonly date: string
  readonly machine: string
  readonly seed: string
  readonly depth: Depth
  readonly minutes: number
  readonly rows: readonly SimRow[]
  readonly compared: number
  readonly differing: number
  readonly failures: readonly string[]
  readonly verdict: string
}

export function rowsOf(runs: readonly RunFigures[]): SimRow[] {
  const worlds = new Map<string, { network: string; figures: Figures }>()
  for (const { network, figures } of runs) {
    for (const one of figures) {
      const key = [network, one.behaviour, one.strategy, one.share].join()
      const known = worlds.get(key)
      worlds.set(key, { network, figures: known ? together(known.figures, one) : one })
    }
  }
  const order = (name: string) => NETWORKS.findIndex(one => one.name === name)
  return [...worlds.values()].sort((a, b) => order(a.network) - order(b.network)).map(rowOf)
}

function rowOf({ network, figures }: { readonly network: string; readonly figures: Figures }): SimRow {
  const { waits, waiting: _, biasSum: __, scoreBps: ___, ...counts } = figures
  const mean = waits.reduce((sum, one) => sum + one, 0) / waits.length
  const variance = waits.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, waits.length - 1)
  return {
    ...{ network, ...counts, penalties: waits.length, bias: biasOf(figures) },
    wait:
      waits.length === 0
        ? null
        : { least: Math.min(...waits), mean, error: Math.sqrt(variance / waits.length), p95: quantile(waits, 0.95) },
    ...derivedOdds(NETWORKS.find(({ name }) => name === network)!, figures),
  }
}

export const isInnocent = ({ delivers }: Pick<SimRow, 'delivers'>): boolean => delivers >= SLASHED_BELOW

const nameOf = ({ network, behaviour, strategy, share }: SimRow): string =>
  `${behaviour}, ${strategy} at share ${share}, ${network}`

/** One sentence for each broken promise. */
export function failuresOf({
  rows,
  compared,
  differing,
}: Pick<SimResult, 'rows' | 'compared' | 'differing'>): string[] {
  const held = rows.filter(({ share }) => share <= MOST_SHARE)
  const slashed = held
    .filter(row => isInnocent(row) && row.penalties > 0)
    .map(row => `falsely slashed ${row.penalties} times in ${row.windows} windows: ${nameOf(row)}`)
  const biased = held
    .filter(({ share, bias }) => share <= BIAS_SHARE && Math.abs(bias) > MOST_BIAS)
    .map(row => `a bias of ${percent(row.bias)}: ${nameOf(row)}`)
  const beyond = held
    .filter(
      row => row.bias > row.mostBias + slackOf(row, row.raised) || row.bias < row.leastBias - slackOf(row, row.lowered),
    )
    .map(
      row =>
        `a bias of ${percent(row.bias)}, derived ${percent(row.leastBias)} to ${percent(row.mostBias)}: ${nameOf(row)}`,
    )
  const early = rows
    .filter(({ wait }) => wait !== null && wait.least < LEAST_WINDOWS)
    .map(row => `slashed after ${row.wait!.least} windows: ${nameOf(row)}`)
  const late = held.filter(isOffSchedule).map(row => {
    const found = row.wait === null ? 'never' : `after ${row.wait.mean.toFixed(1)} windows`
    return `slashed ${found}, derived after ${row.derivedWait!.toFixed(1)}: ${nameOf(row)}`
  })
  return [
    ...[...slashed, ...biased, ...beyond, ...early, ...late],
    ...(differing > 0 ? [`${differing} of ${compared} epochs have other leaves by a node's way over bytes`] : []),
  ]
}

/** So far off may chance bring a mean of windows, each of which is captured with a probability of `odds`. */
function slackOf({ network, measured, delivers }: SimRow, odds: number): number {
  const hasSoaks = NETWORKS.some(({ name, soakShareBps }) => name === network && soakShareBps > 0)
  const independent = Math.max(1, measured / (hasSoaks ? SOAK_WINDOWS : 1))
  return ERRORS_OFF * Math.sqrt((odds * (1 - odds)) / independent) * Math.max(1, 1 / delivers - 1)
}

/** Whether the wait contradicts the derived one. A wait that is long beside the run shows in few cases, or in none. */
function isOffSchedule({ wait, windows, derivedWait }: SimRow): boolean {
  if (derivedWait === null || derivedWait > windows / 10) return false
  if (wait === null) return true
  return Math.abs(wait.mean - derivedWait) > WAIT_SLACK * derivedWait + ERRORS_OFF * wait.error
}

export function verdictOf({ failures, rows, compared }: Pick<SimResult, 'failures' | 'rows' | 'compared'>): string {
  if (failures.length > 0) return `FAIL sim: ${failures.join('; ')}`
  const held = rows.filter(row => isInnocent(row) && row.share <= MOST_SHARE)
  const windows = held.reduce((sum, row) => sum + row.windows, 0)
  const bias = Math.max(...rows.filter(({ share }) => share <= BIAS_SHARE).map(row => Math.abs(row.bias)))
  return (
    `PASS sim: 0 false slashes in ${windows.toLocaleString('en')} windows up to a share of ${MOST_SHARE}; bias at most ` +
    `${percent(bias)} up to ${BIAS_SHARE}, and within the derived bounds at ${MOST_SHARE}; waits as derived; ` +
    `${compared} epochs the same by a node's way over bytes`
  )
}
