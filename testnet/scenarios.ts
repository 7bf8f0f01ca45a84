/**
 * `npm run scenarios`: runs the scenarios that ship, one after another, and prints how each ended. All of them three times take
 * some hours. With `--write` each run is kept in docs/scenarios.jsonl, the table in docs/scenarios.md is written from there, and
 * the same command goes on where the last one ended.
 */
import '../proto/polyfill.js'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runScenario, scenarioCalled, scenarioDigest, scenarioNames } from './acceptance/scenario-run.js'
import { between } from './bench/markdown.js'
import { type KeptRun, keepRun, keptRuns } from './scenario/kept-runs.js'
import { matrixTable } from './scenario/matrix.js'

const PAGE = fileURLToPath(new URL('../docs/scenarios.md', import.meta.url))
const KEPT = fileURLToPath(new URL('../docs/scenarios.jsonl', import.meta.url))
const USAGE = 'npm run scenarios -- [--only NAME,NAME] [--times 3] [--write]'

const OPTIONS = {
  /** (default: all) */
  only: { type: 'string' },
  times: { type: 'string', default: '1' },
  write: { type: 'boolean', default: false },
} as const

interface Plan {
  readonly names: readonly string[]
  readonly times: number
  readonly write: boolean
}

process.exitCode = await main()

async function main(): Promise<number> {
  const plan = planOf(process.argv.slice(2))
  if (plan === undefined) {
    console.error(`usage: ${USAGE}, with names from ${scenarioNames.join(', ')}`)
    return 2
  }
  const good: string[] = []
  for (const name of plan.names) {
    const runs = plan.write ? keptRuns(KEPT, name, scenarioDigest(name)) : []
    while (runs.length < plan.times) {
      const run = await told(name)
      runs.push(run)
      if (plan.write) keepRun(KEPT, run)
    }
    if (plan.write) writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'scenarios', wholeTable()))
    if (runs.every(({ failures }) => failures.length === 0)) good.push(name)
  }
  console.log(`${good.length} of ${plan.names.length} scenarios ended as they must, ${plan.times} times each`)
  return good.length === plan.names.length ? 0 : 1
}

/** Undefined if the options make no sense. */
function planOf(args: string[]): Plan | undefined {
  try {
    const { only, times, write } = parseArgs({ args, options: OPTIONS }).values
    const names = only?.split(',') ?? scenarioNames
    const isKnown = names.every(name => scenarioNames.includes(name))
    return isKnown && Number(times) >= 1 ? { names, times: Number(times), write } : undefined
  } catch {
    return undefined // `parseArgs` does not know an option
  }
}

async function told(name: string): Promise<KeptRun> {
  const { failures, seconds, keptIn } = await runScenario(name)
  const line = [`${failures.length === 0 ? 'PASS' : 'FAIL'} ${name}, ${seconds.toFixed(0)} s`, ...failures]
  console.log([...line, ...(keptIn === null ? [] : [`Logs: ${keptIn}`])].join(' '))
  return { name, scenario: scenarioDigest(name), failures, seconds: Math.round(seconds) }
}

function wholeTable(): string {
  return matrixTable(
    scenarioNames.map(name => ({
      ...{ name, scenario: scenarioCalled(name) },
      runs: keptRuns(KEPT, name, scenarioDigest(name)),
    })),
  )
}
