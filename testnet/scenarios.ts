/**
 * `npm run scenarios`: runs the scenarios that ship, one after another, and prints how each ended. With `--write` the table
 * goes into docs/scenarios.md.
 */
import '../proto/polyfill.js'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runScenario, type ScenarioEnd, scenarioCalled, scenarioNames } from './acceptance/scenario-run.js'
import { between } from './bench/markdown.js'
import { matrixTable } from './scenario/matrix.js'

const PAGE = fileURLToPath(new URL('../docs/scenarios.md', import.meta.url))
const USAGE = 'npm run scenarios -- [--only NAME,NAME] [--times 3] [--write]'

const OPTIONS = {
  /** (default: all) */
  only: { type: 'string' },
  times: { type: 'string', default: '1' },
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
    const ends: ScenarioEnd[] = []
    for (let i = 0; i < plan.times; i++) ends.push(await told(name))
    rows.push({ name, scenario: scenarioCalled(name), ends })
  }
  if (plan.write) writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'scenarios', matrixTable(rows)))
  const good = rows.filter(({ ends }) => ends.every(({ failures }) => failures.length === 0))
  console.log(`${good.length} of ${rows.length} scenarios ended as they must`)
  return good.length === rows.length ? 0 : 1
}

/** Undefined if the options make no sense. */
function planOf(args: string[]): { names: readonly string[]; times: number; write: boolean } | undefined {
  try {
    const { only, times, write } = parseArgs({ args, options: OPTIONS }).values
    const names = only?.split(',') ?? scenarioNames
    const isKnown = names.every(name => scenarioNames.includes(name))
    return isKnown && Number(times) >= 1 ? { names, times: Number(times), write } : undefined
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
