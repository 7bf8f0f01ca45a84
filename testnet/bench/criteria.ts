/** Figures with a bound each, and whether they hold. Pure. */
import { table } from './markdown.js'

export interface Criterion {
  readonly what: string
  /** undefined if a figure is missing, which keeps no bound */
  readonly value: number | undefined
  readonly atLeast?: number
  readonly atMost?: number
}

export const holds = ({ value, atLeast, atMost }: Criterion): boolean =>
  value !== undefined && value >= (atLeast ?? value) && value <= (atMost ?? value)

/** @param bench its name */
export function verdictOf(bench: string, criteria: readonly Criterion[]): { ok: boolean; line: string } {
  const failed = criteria.filter(one => !holds(one)).length
  const ok = failed === 0
  const line = ok
    ? `PASS ${bench}: all ${criteria.length} bounds hold`
    : `FAIL ${bench}: ${failed} of ${criteria.length} bounds do not hold`
  return { ok, line }
}

export const criteriaTable = (criteria: readonly Criterion[]): string[] =>
  table(
    ['', 'found', 'bound', ''],
    criteria.map(one => {
      const bound = one.atLeast === undefined ? `≤ ${rounded(one.atMost!)}` : `≥ ${one.atLeast}`
      return [one.what, rounded(one.value), bound, holds(one) ? 'PASS' : 'FAIL']
    }),
  )

function rounded(value: number | undefined): string {
  if (value === undefined) return '–'
  return value >= 10 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2)
}
