/**
 * `npm run scenarios`: runs the scenarios that ship, one after another, and prints how each ended. With `--write` the table
 * goes into docs/scenarios.md. All of them three times take some hours: with `--into`, a file keeps what was run, and the same
 * command goes on where the last one ended.
 */
import '../proto/polyfill.js'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runScenario, type ScenarioEnd, scenarioCalled, scenarioNames } from './acceptance/scenario-run.js'
import { between } from './bench/markdown.js'
import { matrixTable } from './scenario/matrix.js'
import type { Scenario } from './scenario/scenario.js'

const PAGE = fileURLToPath(new URL('../docs/scenarios.md', import.meta.url))
const USAGE = 'npm run scenarios -- [--only NAME,NAME] [--times 3] [--into FILE] [--write]'

const OPTIONS = {
  /** (default: all) */
  only: { type: 'string' },
  times: { type: 'string', default: '1' },
  into: { type: 'string' },
  write: { type: 'boolean', default: false },
} as const

process.exitCode = await main()

async function main(): Promise<number> {
  const plan = planOf(process.argv.slice(2))
  if (plan === undefined) {
    console.error(`usage: ${USAGE}, with names from ${scenarioNames.join(', ')}`)
    return 2
  }
  const rows = []
  for (const name of plan.names) {
    const scenario = scenarioCalled(name)
    const ends = earlierEnds(name, scenario, plan.into).slice(0, plan.times)
    while (ends.length < plan.times) {
      const end = await told(name)
      ends.push(end)
      if (plan.into !== undefined)
        appendFileSync(plan.into, `${JSON.stringify({ name, scenario, end } satisfies KeptRun)}\n`)
    }
    rows.push({ name, scenario, ends })
  }
  if (plan.write) writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'scenarios', matrixTable(rows)))
  const good = rows.filter(({ ends }) => ends.every(({ failures }) => failures.length === 0))
  console.log(`${good.length} of ${rows.length} scenarios ended as they must, ${plan.times} times each`)
  return good.length === rows.length ? 0 : 1
}

/** A line of the file that `--into` names. */
interface KeptRun {
  readonly name: string
  /** A run of a scenario that was changed since counts no more. */
  readonly scenario: Scenario
  readonly end: ScenarioEnd
}

function earlierEnds(name: string, scenario: Scenario, path: string | undefined): ScenarioEnd[] {
  if (path === undefined || !existsSync(path)) return []
  const runs = readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as KeptRun)
  const same = runs.filter(run => run.name === name && JSON.stringify(run.scenario) === JSON.stringify(scenario))
  return same.map(({ end }) => end)
}

interface Plan {
  readonly names: readonly string[]
  readonly times: number
  /** path */
  readonly into: string | undefined
  readonly write: boolean
}

/** Undefined if the options make no sense. */
function planOf(args: string[]): Plan | undefined {
  try {
    const { only, times, into, write } = parseArgs({ args, options: OPTIONS }).values
    const names = only?.split(',') ?? scenarioNames
    const isKnown = names.every(name => scenarioNames.includes(name))
    return isKnown && Number(times) >= 1 ? { names, times: Number(times), into, write } : undefined
  } catch {
    return undefined // `parseArgs` does not know an option
  }
}

async function told(name: string): Promise<ScenarioEnd> {
  const end = await runScenario(name)
  const { failures, seconds, keptIn } = end
  const line = [`${failures.length === 0 ? 'PASS' : 'FAIL'} ${name}, ${seconds.toFixed(0)} s`, ...failures]
  console.log([...line, ...(keptIn === null ? [] : [`Logs: ${keptIn}`])].join(' '))
  return end
}
