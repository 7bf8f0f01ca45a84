/**
 * `npm run scenarios`: runs the scenarios that ship, one after another, each as a network of its own with the README's
 * command, and prints how each ended. With `--write` the table goes into docs/scenarios.md.
 */
import '../proto/polyfill.js'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TestnetRun } from './acceptance/testnet-run.js'
import { between } from './bench/markdown.js'
import { type Attempt, matrixTable } from './scenario/matrix.js'
import { readScenario } from './scenario/read-scenario.js'

const FOLDER = fileURLToPath(new URL('scenarios', import.meta.url))
const PAGE = fileURLToPath(new URL('../docs/scenarios.md', import.meta.url))
const USAGE = 'npm run scenarios -- [--only NAME,NAME] [--times 3] [--write]'
/** A run takes its epochs, and this long to start and to end. */
const AROUND_SECONDS = 180
const LONGEST_EPOCH_SECONDS = 60

const OPTIONS = {
  only: { type: 'string' },
  times: { type: 'string', default: '1' },
  write: { type: 'boolean', default: false },
} as const

const names = readdirSync(FOLDER)
  .filter(file => file.endsWith('.yaml'))
  .map(file => basename(file, '.yaml'))
  .sort()

process.exitCode = await main()

async function main(): Promise<number> {
  const { only, times, write } = parseArgs({ options: OPTIONS }).values
  const wanted = only?.split(',') ?? names
  const unknown = wanted.filter(name => !names.includes(name))
  if (unknown.length > 0 || !(Number(times) >= 1)) {
    console.error(`usage: ${USAGE}, with names from ${names.join(', ')}`)
    return 2
  }
  const rows = []
  for (const name of wanted) {
    const scenario = readScenario(join(FOLDER, `${name}.yaml`))
    const attempts: Attempt[] = []
    for (let i = 0; i < Number(times); i++) attempts.push(await attempt(name, scenario.epochs))
    rows.push({ name, scenario, attempts })
  }
  if (write) writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'scenarios', matrixTable(rows)))
  const failed = rows.filter(({ attempts }) => attempts.some(({ failures }) => failures.length > 0))
  console.log(`${rows.length - failed.length} of ${rows.length} scenarios ended as they must`)
  return failed.length === 0 ? 0 : 1
}

function attempt(name: string, epochs: number): Promise<Attempt> {
  return TestnetRun.with(['--scenario', join(FOLDER, `${name}.yaml`)], async run => {
    const { code, signal } = await run.end(AROUND_SECONDS + epochs * LONGEST_EPOCH_SECONDS)
    const failures = run.result?.failures ?? [`it ended with ${code ?? signal}: ${run.stderr}`]
    const logs = run.result?.keptIn ? ` Logs: ${run.result.keptIn}` : ''
    console.log(
      `${failures.length === 0 ? 'PASS' : 'FAIL'} ${name}, ${run.seconds.toFixed(0)} s ${failures.join(' ')}${logs}`,
    )
    return { failures }
  })
}
