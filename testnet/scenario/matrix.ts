/** The table of scenarios: what happens in each, what must come of it, and how often that was seen. Pure. */
import { table } from '../bench/markdown.js'
import { timedFaultText } from './fault-text.js'
import type { KeptRun } from './kept-runs.js'
import type { Expectation, Scenario } from './scenario.js'

export interface Row {
  readonly name: string
  readonly scenario: Scenario
  readonly runs: readonly KeptRun[]
}

const HEAD = ['scenario', 'nodes and faults', 'what must come of it', 'seen']

export const matrixTable = (rows: readonly Row[]): string =>
  table(
    HEAD,
    rows.map(({ name, scenario, runs }) => [
      `[${scenario.title}](../testnet/scenarios/${name}.yaml)`,
      [mixText(scenario), ...scenario.faults.map(timedFaultText)].join('<br>'),
      expectationText(scenario.expect),
      runs.length === 0
        ? 'not yet'
        : `${runs.filter(({ failures }) => failures.length === 0).length} of ${runs.length}`,
    ]),
  ).join('\n')

const mixText = ({ verifiers, providers }: Scenario): string =>
  [verifiers && `verifiers ${verifiers}`, providers && `providers ${providers}`].filter(Boolean).join('; ')

/** Beside what holds in every scenario. */
function expectationText(expected: Expectation): string {
  const { reports, rounds, slashed, mayBeSlashed, convicted, ends, status, memory } = expected
  return [
    reports === 'none' ? 'no report' : `${reportsText(reports)}, in round ${rounds} at the latest`,
    slashed.length > 0 ? `${slashed.join(', ')} slashed` : 'nobody slashed',
    ...(mayBeSlashed.length > 0 ? [`${mayBeSlashed.join(', ')} may be slashed`] : []),
    ...(convicted.length > 0 ? [`${convicted.join(', ')} convicted`] : []),
    ...Object.entries(ends).map(([name, code]) => `${name} ends with code ${code}`),
    ...Object.entries(status).map(([name, texts]) => `status of ${name}: “${texts.join('”, “')}”`),
    ...(memory === undefined ? [] : [`no honest verifier grows by more than ${memory} MB`]),
  ].join('<br>')
}

const reportsText = (reports: Exclude<Expectation['reports'], 'none'>): string =>
  reports === 'all' ? 'every report' : `every report but of epoch ${reports.but.join(', ')}`
