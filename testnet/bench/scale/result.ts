/** What `bench scale` found, what must hold of it, and the verdict. Pure. */
import type { BlsResult } from '../bls/result.js'
import { figure, thousands } from '../figures.js'
import type { CheckCosts } from './agreement-model.js'
import type { ApiRow } from './api.js'
import { type CoreCell, type CoreRow, cellOf, epochsOf } from './core-row.js'
import type { CoreSize, NetworkSize } from './sizes.js'

/** Of an epoch in the largest network that has a bound. */
export const BOUNDS = {
  ...{ verifiers: 31, providers: 100_000, assignSeconds: 2, reportSeconds: 4, peakMegabytes: 1000 },
  ...{ listMs: 100, explainMs: 300 },
} as const

export interface ScaleResult {
  readonly bench: 'scale'
  readonly machine: string
  readonly bls: BlsResult | undefined
  readonly costs: CheckCosts | undefined
  readonly core: readonly CoreRow[]
  readonly api: readonly ApiRow[]
  readonly verdict: string
}

/** Its parts, however many of them there are yet. */
export type Found = Omit<ScaleResult, 'bench' | 'machine' | 'verdict'>

export const NOTHING_FOUND: Found = { bls: undefined, costs: undefined, core: [], api: [] }

/** Takes the place of an earlier row of the same size. */
export const withCore = (found: Found, row: CoreRow): Found => ({
  ...found,
  core: [...found.core.filter(one => !(isSameSize(one, row) && one.windowEpochs === row.windowEpochs)), row].sort(
    (a, b) => bySize(a, b) || b.windowEpochs - a.windowEpochs,
  ),
})

export const withApi = (found: Found, row: ApiRow): Found => ({
  ...found,
  api: [...found.api.filter(one => !isSameSize(one, row)), row].sort(bySize),
})

const isSameSize = (a: NetworkSize, b: NetworkSize): boolean =>
  a.verifiers === b.verifiers && a.providers === b.providers

const bySize = (a: NetworkSize, b: NetworkSize): number => a.verifiers - b.verifiers || a.providers - b.providers

/** One sentence for each bound that does not hold. A bound of a size that was not measured is none. */
export function failuresOf({ core, api, bls }: Found): string[] {
  const bounded = core.filter(one => isSameSize(one, BOUNDS)).map(cellOf)
  return [
    ...bounded.flatMap(coreFailures),
    ...api.flatMap(apiFailures),
    ...(bls === undefined || bls.verdict.startsWith('PASS') ? [] : [bls.verdict.replace(/^FAIL bls: /, '')]),
  ]
}

/** In the first and in the last epoch of a window as in the others. */
function coreFailures(cell: CoreCell): string[] {
  const { peakMegabytes } = cell
  const where = nameOf(cell)
  const assign = Math.max(...epochsOf(cell).map(({ assignSeconds }) => assignSeconds))
  const report = Math.max(...epochsOf(cell).map(({ reportSeconds }) => reportSeconds))
  return [
    ...above(assign, BOUNDS.assignSeconds, 's', `assignment, ${where}`),
    ...above(report, BOUNDS.reportSeconds, 's', `report, ${where}`),
    ...above(peakMegabytes, BOUNDS.peakMegabytes, 'MB', `memory, ${where}`),
  ]
}

function apiFailures(row: ApiRow): string[] {
  const where = `${row.verifiers} × ${thousands(row.providers)}`
  return [
    ...above(Math.max(row.list, row.listFirst), BOUNDS.listMs, 'ms', `list of providers, ${where}`),
    ...above(Math.max(row.explain, row.explainFirst), BOUNDS.explainMs, 'ms', `explain, ${where}`),
  ]
}

const above = (value: number, bound: number, unit: string, what: string): string[] =>
  value <= bound ? [] : [`${what}: ${figure(value)} ${unit}, at most ${thousands(bound)} ${unit}`]

export const nameOf = ({ verifiers, providers, windowEpochs }: CoreSize): string =>
  `${verifiers} × ${thousands(providers)}, W = ${windowEpochs}`

export function verdictOf(found: Found): string {
  const failures = failuresOf(found)
  if (failures.length > 0) return `FAIL scale: ${failures.join('; ')}`
  const held = [
    ...(found.core.some(one => isSameSize(one, BOUNDS)) ? ['assignment, report and memory'] : []),
    ...(found.api.length > 0 ? ['list and explain'] : []),
    ...(found.bls === undefined ? [] : ['signatures']),
  ]
  return `PASS scale: ${held.length === 0 ? 'none of the sizes has a bound' : `within the bounds: ${held.join(', ')}`}`
}
