/** A file of runs of scenarios, a line of JSON each: it is appended to, so that runs of some hours may be interrupted. */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Scenario } from './scenario.js'

export interface KeptRun {
  readonly name: string
  /** A run of a scenario that was changed since counts no more. */
  readonly scenario: string
  /** one sentence for each thing that was not as it must be */
  readonly failures: readonly string[]
  readonly seconds: number
}

/** What a scenario is known by: its title and its description may change. */
export function digestOf({ title: _, about: __, ...what }: Scenario): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)
}

export const keepRun = (path: string, run: KeptRun): void => appendFileSync(path, `${JSON.stringify(run)}\n`)

/** The kept runs of a scenario as it is now. */
export function keptRuns(path: string, name: string, scenario: Scenario): KeptRun[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  const runs = lines.map(line => JSON.parse(line) as KeptRun)
  const digest = digestOf(scenario)
  return runs.filter(run => run.name === name && run.scenario === digest)
}
