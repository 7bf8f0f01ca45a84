/** A file of runs of scenarios, a line of JSON each: it is appended to, so that runs of some hours may be interrupted. */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface KeptRun {
  readonly name: string
  /** digest of the scenario: a run of one that was changed since counts no more */
  readonly scenario: string
  /** one sentence for each thing that was not as it must be */
  readonly failures: readonly string[]
  readonly seconds: number
}

/** What a scenario's file is known by: its title and its description may change. */
export function digestOf(file: string): string {
  const { title: _, about: __, ...what } = parse(file) as Record<string, unknown>
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)
}

export const keepRun = (path: string, run: KeptRun): void => appendFileSync(path, `${JSON.stringify(run)}\n`)

/** The kept runs of a scenario as it is now. @param digest of its file */
export function keptRuns(path: string, name: string, digest: string): KeptRun[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  const runs = lines.map(line => JSON.parse(line) as KeptRun)
  return runs.filter(run => run.name === name && run.scenario === digest)
}
